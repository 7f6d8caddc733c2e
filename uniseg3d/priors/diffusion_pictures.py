"""Pictures of single classes by a diffusion model, with masks of where it looked at the name of the class."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from uniseg3d.io.images import write_jpeg, write_png
from uniseg3d.priors.attention_masks import SIDES, attention_mask
from uniseg3d.registry import EXPERTS
from uniseg3d.rooms.class_pictures import folder_name, pictures_in
from uniseg3d.utils.errors import ConfigError, DataError
from uniseg3d.utils.mmengine_compat import import_beside_torchvision
from uniseg3d.utils.progress import track

QUALITY = 95


@EXPERTS.register_module()
class DiffusionPictures:
    """A text-to-image pipeline of diffusers with a UNet; ``model`` is the folder of its files.

    Args:
        count: pictures of each class, of the seeds 0, 1, ...
        prompt: {} is the name of the class.
        steps, guidance: of the sampler; a guidance above 1.
    """

    def __init__(
        self,
        model: str,
        count: int = 50,
        prompt: str = 'a good photo of a {} in a room',
        steps: int = 50,
        guidance: float = 7.0,
        device: str = 'cpu',
    ) -> None:
        if guidance <= 1:
            raise ConfigError(f'DiffusionPictures: without guidance no half of a batch hears the prompt alone; got {guidance}')
        self.model, self.count, self.prompt = model, count, prompt
        self.steps, self.guidance, self.device = steps, guidance, device

    def make(self, folder: Path, classes: Sequence[str]) -> dict[str, int]:
        """Draw what is missing; pictures that are there are kept."""
        made = {name: pictures_in(folder / folder_name(name)) for name in classes}
        left = [(name, seed) for name, number in made.items() for seed in range(number, self.count)]
        if not left:
            return made
        diffusers = import_beside_torchvision('diffusers', 'priors')
        pipeline: Any = diffusers.DiffusionPipeline.from_pretrained(self.model, local_files_only=True).to(self.device)
        heard = CrossAttention()
        pipeline.unet.set_attn_processor(dict.fromkeys(pipeline.unet.attn_processors, heard))
        for name, seed in track(left, 'drawing pictures'):
            self._draw(pipeline, heard, folder / folder_name(name), name, seed)
            made[name] += 1
        return made

    def _draw(self, pipeline: Any, heard: 'CrossAttention', folder: Path, name: str, seed: int) -> None:
        text = self.prompt.format(name)
        heard.clear()
        generator = torch.Generator().manual_seed(seed)
        answer = pipeline(text, num_inference_steps=self.steps, guidance_scale=self.guidance, generator=generator)
        image = np.asarray(answer.images[0])
        tokens = word_places(pipeline.tokenizer, text, name)
        mask = attention_mask(heard.means(), tokens, image.shape[0])
        write_png(folder / 'rough' / f'{seed}.png', 255 * mask.byte().numpy())
        write_jpeg(folder / 'color' / f'{seed}.jpg', image, QUALITY)  # last: its presence says that the picture is complete


def word_places(tokenizer: Any, text: str, name: str) -> list[int]:
    """Places of the tokens of ``name`` among those of ``text``."""
    whole, part = tokenizer(text).input_ids, tokenizer(name, add_special_tokens=False).input_ids
    places = [i for i, token in enumerate(whole) if token in part]
    if not places:
        raise DataError(f'the prompt {text!r} has no token of {name!r}; give a prompt with {{}} for the name')
    return places


class CrossAttention:
    """An attention processor that adds up what pictures look at in texts, of the half of a batch that hears the prompt."""

    def __init__(self) -> None:
        self.sums: dict[tuple[int, int], Tensor] = {}  # (side, number of the layer) -> [heads, side², T]
        self.clear()

    def clear(self) -> None:
        """Before the next picture."""
        self.sums.clear()
        self.calls: dict[tuple[int, int], int] = {}

    def means(self) -> dict[int, list[Tensor]]:
        """Maps by side, averaged over the steps."""
        sides: dict[int, list[Tensor]] = {}
        for (side, layer), total in self.sums.items():
            sides.setdefault(side, []).append(total / self.calls[side, layer])
        return sides

    def __call__(
        self, attn: Any, hidden_states: Tensor, encoder_hidden_states: Tensor | None = None, *_: Any, **__: Any
    ) -> Tensor:
        """Plain attention of one layer of diffusers."""
        context = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        query, key, value = attn.to_q(hidden_states), attn.to_k(context), attn.to_v(context)
        query, key, value = (attn.head_to_batch_dim(part) for part in (query, key, value))
        weights = attn.get_attention_scores(query, key)  # [batch * heads, pixels, T]
        if encoder_hidden_states is not None:
            self._remember(attn, weights[len(weights) // 2 :])  # the second half hears the prompt
        out = attn.batch_to_head_dim(torch.bmm(weights, value))
        return attn.to_out[1](attn.to_out[0](out))

    def _remember(self, layer: Any, weights: Tensor) -> None:
        side = round(weights.shape[1] ** 0.5)
        if side in SIDES:
            key = (side, id(layer))
            self.sums[key] = self.sums.get(key, 0) + weights.detach().float().cpu()
            self.calls[key] = self.calls.get(key, 0) + 1
