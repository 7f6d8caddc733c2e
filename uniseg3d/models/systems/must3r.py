"""MUSt3R: any number of images to points in one world, through a memory of those that were shown."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from mmengine.logging import print_log
from mmengine.model import BaseModel
from torch import Tensor, nn

from uniseg3d.geometry.pose_encoding import encode_pose
from uniseg3d.models.decoders.memory_driver import EncodedView, encode_views, remember, render, spread_out
from uniseg3d.models.decoders.view_memory import ViewMemory
from uniseg3d.models.heads.placed import PlacedHead, Sight
from uniseg3d.models.heads.point3r import FrameAnswer
from uniseg3d.models.heads.pointmap import PixelAnswers
from uniseg3d.models.heads.two_frames import TwoFrameAnswer
from uniseg3d.models.layers.build import as_module
from uniseg3d.models.layers.preprocessor import ScenePreprocessor
from uniseg3d.models.systems.must3r_checkpoint import adapt_published, load_dust3r
from uniseg3d.models.systems.must3r_stream import NewSights, SceneState
from uniseg3d.registry import MODELS
from uniseg3d.structures.pointmaps import Pointmaps
from uniseg3d.structures.view_batch import ViewBatch
from uniseg3d.utils.errors import ConfigError, DataError

Part = nn.Module | dict[str, Any]


@MODELS.register_module()
class MUSt3R(BaseModel):
    """images -> encoder -> decoder, which remembers them -> decoder again, which renders all from memory -> head -> points.

    Args:
        encoder: images [B, 3, H, W] to tokens and positions.
        decoder: tokens of several images to the layers of each, and a memory.
        head: layers and image size to points in two frames, or a ``PlacedHead``.
        criterion: answers and batch to the loss terms; a model that only predicts needs none.
        keyframes: images that are remembered of a sequence, evenly spread; all are rendered.
        block: images that training shows at a time.
        new_sights: which frames of a stream are remembered.
        exact_encoder: the encoder computes in float32, whatever surrounds it, as published.
        freeze_encoder: learn the rest only.
        dust3r_weights: DUSt3R's file, or the work dir of one that was trained here, which fills all that both have when
            training starts, before ``load_from``.
    """

    state_type = SceneState  # what step() returns beside the answer

    def __init__(
        self,
        encoder: Part,
        decoder: Part,
        head: Part,
        criterion: Part | None = None,
        keyframes: int = 50,
        block: int = 5,
        new_sights: NewSights | dict[str, Any] | None = None,
        exact_encoder: bool = False,
        freeze_encoder: bool = False,
        dust3r_weights: str | Path | None = None,
    ) -> None:
        super().__init__(data_preprocessor=ScenePreprocessor())
        if min(keyframes, block) < 2:
            raise ConfigError(f'keyframes = {keyframes} and block = {block} must be at least 2')
        self.encoder: Any = as_module(encoder).requires_grad_(not freeze_encoder)
        self.decoder: Any = as_module(decoder)
        self.head: Any = as_module(head)
        self.criterion: Any = None if criterion is None else as_module(criterion)
        self.keyframes, self.block, self.exact_encoder = keyframes, block, exact_encoder
        self.new_sights = new_sights if isinstance(new_sights, NewSights) else NewSights(**new_sights or {})
        self.dust3r_weights = dust3r_weights

    def forward(self, batch: ViewBatch, mode: str = 'tensor') -> Any:
        """mmengine's entrance: ``mode`` is 'tensor' or 'predict' (pointmaps) or 'loss' (dict of terms)."""
        verbs = {'tensor': self.predict, 'loss': self.loss, 'predict': self.predict}
        if mode not in verbs:
            raise ConfigError(f'mode {mode!r} is unknown; expected one of {", ".join(verbs)}')
        return verbs[mode](batch)

    def extract_feat(self, images: Sequence[Tensor], most: int = 8) -> list[EncodedView]:
        """Images [B, 3, H, W] in -1..1, of any sizes, as the decoder takes them; ``most`` of one size at a time."""
        return encode_views(self.encoder, images, most, self.exact_encoder)

    @property
    def token_bytes(self) -> int:
        """What a token of an image takes in the memory that is rendered from, in float32."""
        return 2 * self.decoder.dim * len(self.decoder.blocks) * 4

    def each_view(
        self, images: Sequence[Tensor], keyframes: int | None = None, refinements: int = 0, most: int = 8
    ) -> Iterator[TwoFrameAnswer]:
        """What each of ``images`` [B, 3, H, W] shows, which may differ in size; the world is the camera of the first.

        keyframes: how many are remembered, evenly spread; ``None``: as the model is set.
        refinements: how often those are shown again, now that the others are known.
        most: images that are computed at a time.
        """
        if not images:
            raise DataError('no images; expected at least one')
        kept = spread_out(len(images), keyframes or self.keyframes)
        encoded = dict(zip(kept, self.extract_feat([images[view] for view in kept], most), strict=True))
        _, memory = remember(self.decoder, list(encoded.values()), refinements=refinements)
        memory = self.decoder.quickest(memory)
        sights = dict(zip(kept, self._sights(list(encoded.values()), memory, most), strict=False))
        for start in range(0, len(images), most):
            part = range(start, min(start + most, len(images)))
            new = [view for view in part if view not in encoded]
            views = encoded | dict(zip(new, self.extract_feat([images[view] for view in new], most), strict=True))
            shown = [views[view] for view in part]
            for number, tokens, view in zip(part, render(self.decoder, shown, memory, most), shown, strict=True):
                known = [sight for key, sight in sights.items() if number not in encoded or key < number]
                yield self.head.beside([view.features, tokens], view.size, known)[0]

    def _sights(self, views: Sequence[EncodedView], memory: ViewMemory, most: int) -> list[Sight]:
        """The keyframes, each beside those before it, where the head places views by them."""
        found: list[Sight] = []
        if isinstance(self.head, PlacedHead):
            for tokens, view in zip(render(self.decoder, views, memory, most), views, strict=True):
                found.append(self.head.beside([view.features, tokens], view.size, found)[1])
        return found

    def reconstruct(self, images: Sequence[Tensor], **options: Any) -> list[TwoFrameAnswer]:
        """All of :meth:`each_view`."""
        return list(self.each_view(images, **options))

    def step(self, images: Tensor, state: SceneState | None = None) -> tuple[FrameAnswer, SceneState]:
        """The next frame [B, 3, H, W] of B streams: what it shows, and the state for the frame after it. ``None`` begins.

        A frame is remembered if it shows enough that was not seen before; the memory is as large as ``new_sights`` allows.
        """
        view = self.extract_feat([images])[0]
        memory = None if state is None else state.memory
        layers, longer = self.decoder([view.features], [view.positions], memory)
        answer, sight = self.head.beside(layers[0], view.size, [] if state is None else state.sights)
        pose = encode_pose(answer.camera_to_world()) if sight is None else sight.pose
        world, local = (PixelAnswers(points, answer.confidence) for points in (answer.world, answer.local))
        return FrameAnswer(local, world, pose), self.new_sights(state, longer, answer, pose, sight)

    def loss(self, batch: ViewBatch) -> dict[str, Tensor]:
        """The terms of the criterion, once for what images show when they are remembered, and once as rendered."""
        if self.criterion is None:
            raise ConfigError('this model has no criterion; give one in its config to train it')
        shown, rendered = (self.criterion(answer, batch) for answer in self._two_passes(batch))
        return {f'{name}_shown': term for name, term in shown.items()} | rendered

    def _two_passes(self, batch: ViewBatch) -> tuple[Pointmaps, Pointmaps]:
        views = self.extract_feat(batch.images.unbind(1), batch.views)
        features, positions = [view.features for view in views], [view.positions for view in views]
        memory, tokens = None, []
        for start in range(0, len(views), self.block):
            part = slice(start, start + self.block)
            layers, memory = self.decoder(features[part], positions[part], memory, causal=True)
            tokens += [own[-1] for own in layers]
        again = [own[-1] for own in self.decoder.render(features, positions, memory)]
        return self._placed(features, tokens, batch.size), self._placed(features, again, batch.size)

    def _placed(self, features: Sequence[Tensor], tokens: Sequence[Tensor], size: tuple[int, int]) -> Pointmaps:
        """Answers about views of one ``size`` in their order, with poses where the head states them."""
        answers, sights = list[TwoFrameAnswer](), list[Sight]()
        for layers in zip(features, tokens, strict=True):
            answer, sight = self.head.beside(layers, size, sights)
            answers.append(answer)
            sights += [] if sight is None else [sight]
        return _joined(answers, torch.stack([sight.pose for sight in sights], 1) if sights else None)

    def predict(self, batch: ViewBatch) -> Pointmaps:
        """What the images alone tell; nothing else of the batch is looked at."""
        answers = self.reconstruct(batch.images.unbind(1))
        return _joined(answers, torch.stack([encode_pose(answer.camera_to_world()) for answer in answers], 1))

    def init_weights(self) -> None:
        """What the runner calls before training: fill what DUSt3R has from its file."""
        super().init_weights()
        if self.dust3r_weights is not None:
            fresh = load_dust3r(self, self.dust3r_weights)
            print_log(f'MUSt3R starts from {self.dust3r_weights}; {len(fresh)} parameters are new', 'current')

    def adapt_weights(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Released weights under the names of this model; its own pass as they are."""
        return adapt_published(weights)


def _joined(answers: Sequence[TwoFrameAnswer], poses: Tensor | None) -> Pointmaps:
    """Answers of every view as those of sequences, with their ``poses`` [B, V, 7]."""
    world, local, confidence = (torch.stack(parts, 1) for parts in zip(*answers, strict=True))
    return Pointmaps(world, confidence, local, confidence, poses)
