"""Any list of class names as directions."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniseg3d.models.layers.build import as_module
from uniseg3d.registry import MODELS
from uniseg3d.text.class_files import read_class_embeddings, write_class_embeddings
from uniseg3d.text.class_lists import class_list
from uniseg3d.text.siglip_tokenizer import SiglipTokenizer
from uniseg3d.text.tokenizer import tokenize
from uniseg3d.utils.errors import ConfigError

GROUP = 32  # sentences that a tower reads at a time


@MODELS.register_module()
class ClassText(nn.Module):
    """Class names -> sentences -> tokens -> a text encoder -> vectors of unit length. One of three says what names mean.

    Args:
        encoder: tokens [T, L] to features [T, dim]; it learns with the model and is part of its weights.
        tower: config of a frozen encoder with a file of its own, read when the first name is asked for. It is no part of the
            model's weights, and what it said of a name is kept.
        vocabulary: ``{'file': ..., 'classes': ...}``, the embedded names of a class list, which then are all that is known;
            :meth:`write_vocabulary` makes such files, and so does ``tools/make_class_embeddings.py`` with OpenCLIP's towers.
        template: the sentence around a name, as the encoder was trained for.
        tokenizer: SentencePiece file of the tower; ``None``: CLIP's tokens, which need no file.
    """

    def __init__(
        self,
        encoder: nn.Module | dict[str, Any] | None = None,
        tower: Mapping[str, Any] | None = None,
        vocabulary: Mapping[str, str] | None = None,
        template: str = 'This is a photo of {}.',
        tokenizer: str | None = None,
    ) -> None:
        super().__init__()
        if sum(part is not None for part in (encoder, tower, vocabulary)) > 1:
            raise ConfigError('ClassText: give an encoder, a tower or a vocabulary, not several')
        self.encoder = None if encoder is None else as_module(encoder)
        self.tower, self.vocabulary, self.template, self.tokenizer = tower, vocabulary, template, tokenizer
        self._known: dict[str, Tensor] = {}
        self._built: list[Any] = []  # a list hides the tower from the weights of the model

    def forward(self, names: Sequence[str], device: torch.device | str = 'cpu') -> Tensor:
        """``names``, all different and at least one, as float32 [C, dim] on ``device``."""
        check_names(names)
        if self.encoder is not None:
            tokens = torch.from_numpy(tokenize(self.sentences(names))).to(device)
            return F.normalize(self.encoder(tokens).float(), dim=-1)
        unknown = [name for name in names if name not in self._known]
        if unknown:
            self._known |= dict(zip(unknown, self._embed(unknown, device), strict=True))
        return torch.stack([self._known[name] for name in names]).to(device)

    def sentences(self, names: Sequence[str]) -> list[str]:
        """What the encoder reads: every name as it is, inside the template."""
        return [self.template.replace('{}', name) for name in names]

    def write_vocabulary(self, path: str | Path, names: Sequence[str]) -> None:
        """Embed ``names`` once for all, as .safetensors or .pth; who takes them as ``vocabulary`` needs no tower."""
        write_class_embeddings(path, self(names)[:, None].cpu(), names)

    def _embed(self, names: Sequence[str], device: torch.device | str) -> Tensor:
        """On the CPU, without a graph, and of use in training even if embedded in inference mode."""
        with torch.inference_mode(False), torch.no_grad():
            found = self._read(names, device) if self.vocabulary is None else _look_up(names, **self.vocabulary)
            return F.normalize(found.float(), dim=-1).cpu()

    def _read(self, names: Sequence[str], device: torch.device | str) -> Tensor:
        if self.tower is None:
            raise ConfigError('this model knows no text: give its class_text a tower, an encoder or a vocabulary')
        if not self._built:
            made: Any = as_module(dict(self.tower))
            made.init_weights()
            self._built.append(made)
        tower = self._built[0].to(device)
        cut = SiglipTokenizer(self.tokenizer, tower.context) if self.tokenizer else tokenize
        rows = torch.from_numpy(cut(self.sentences(names))).to(device)
        return torch.cat([tower(group) for group in rows.split(GROUP)])


def _look_up(names: Sequence[str], file: str, classes: str) -> Tensor:
    listed = class_list(classes).names
    missing = [name for name in names if name not in listed]
    if missing:
        raise ConfigError(
            f'{missing[0]!r} is not in the fixed vocabulary {classes} of {len(listed)} names; choose names from it, or give '
            'the model a text tower'
        )
    return read_class_embeddings(file, listed)[[listed.index(name) for name in names], 0]


def check_names(names: Sequence[str]) -> None:
    """Refuse a class list that is empty, or names a class twice or not at all."""
    if isinstance(names, str) or not names:
        raise ConfigError('the class list is empty; name at least one class')
    if not all(name.strip() for name in names):
        raise ConfigError(f'class {[bool(name.strip()) for name in names].index(False)} of the list has no name; name it')
    twice = sorted({name for name in names if list(names).count(name) > 1})
    if twice:
        raise ConfigError(f'the class list names {", ".join(twice)} more than once; name every class once')
