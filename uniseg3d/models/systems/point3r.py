"""Point3R: frame by frame to points, with a memory of what was seen where."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from mmengine.logging import print_log
from mmengine.model import BaseModel
from torch import Tensor, nn

from uniseg3d.geometry.pose_encoding import decode_pose, encode_pose
from uniseg3d.models.decoders.pointer_memory_rows import Pointers
from uniseg3d.models.decoders.two_stream import Places
from uniseg3d.models.heads.matched_pose import moved
from uniseg3d.models.heads.placed import Sight
from uniseg3d.models.heads.point3r import FrameAnswer
from uniseg3d.models.layers.build import as_module
from uniseg3d.models.layers.preprocessor import ScenePreprocessor
from uniseg3d.models.systems.point3r_checkpoint import adapt_published, load_dust3r
from uniseg3d.models.systems.point3r_state import StreamState
from uniseg3d.registry import MODELS
from uniseg3d.structures.pointmaps import Pointmaps
from uniseg3d.structures.view_batch import ViewBatch
from uniseg3d.utils.errors import ConfigError

Part = nn.Module | dict[str, Any]
Size = tuple[int, int]  # H, W


@MODELS.register_module()
class Point3R(BaseModel):
    """image -> encoder -> decoder, beside what the memory holds -> head -> points and pose -> pointers, into the memory.

    Args:
        encoder: images [B, 3, H, W] to tokens and positions.
        decoder: tokens of a frame, a pose token and the memory's features to the layers of the frame.
        head: layers to points, confidence and pose.
        pose_memory: suggests the pose token of a frame, and learns what became of it.
        pointer_encoder: what a frame leaves in the memory.
        pointer_memory: where that goes: a rule without weights.
        placing: where the head states points in the frame's own camera: the pose of a frame beside the one before it.
        criterion: answers and batch to the loss terms; a model that only predicts needs none.
        freeze_encoder: learn the rest only.
        dust3r_weights: DUSt3R's file, or the work dir of one that was trained here, which fills all that both have when
            training starts, before ``load_from``.
    """

    state_type = StreamState  # what step() returns beside the answer

    def __init__(
        self,
        encoder: Part,
        decoder: Part,
        head: Part,
        pose_memory: Part,
        pointer_encoder: Part,
        pointer_memory: Part,
        criterion: Part | None = None,
        placing: Part | None = None,
        freeze_encoder: bool = False,
        dust3r_weights: str | Path | None = None,
    ) -> None:
        super().__init__(data_preprocessor=ScenePreprocessor())
        self.encoder: Any = as_module(encoder).requires_grad_(not freeze_encoder)
        self.decoder: Any = as_module(decoder)
        self.head: Any = as_module(head)
        self.pose_memory: Any = as_module(pose_memory)
        self.pointer_encoder: Any = as_module(pointer_encoder)
        self.pointer_memory: Any = as_module(pointer_memory)
        self.criterion: Any = None if criterion is None else as_module(criterion)
        self.placing: Any = None if placing is None else as_module(placing)
        self.dust3r_weights = dust3r_weights

    def forward(self, batch: ViewBatch, mode: str = 'tensor') -> Any:
        """mmengine's entrance: ``mode`` is 'tensor' (pointmaps), 'loss' (dict of terms) or 'predict' (pointmaps)."""
        verbs = {'tensor': self._forward, 'loss': self.loss, 'predict': self.predict}
        if mode not in verbs:
            raise ConfigError(f'mode {mode!r} is unknown; expected one of {", ".join(verbs)}')
        return verbs[mode](batch)

    def extract_feat(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Images [B, 3, H, W] in -1..1 to tokens [B, N, C] and the row and column of each."""
        return self.encoder(images)

    def step(self, images: Tensor, state: StreamState | None = None) -> tuple[FrameAnswer, StreamState]:
        """The next frame [B, 3, H, W] of B streams: what it shows, and the state for the frame after it. ``None`` begins."""
        return self.read(*self.extract_feat(images), (images.shape[-2], images.shape[-1]), state)

    def read(self, features: Tensor, cells: Tensor, size: Size, state: StreamState | None) -> tuple[FrameAnswer, StreamState]:
        """The same for a frame that is encoded."""
        if state is None:
            slots = self.pose_memory.initial(len(features))
            layers = self.decoder(features, self.pose_memory.begin(features), self.pointer_encoder.project(features))
        else:
            slots, pointers = state.slots, state.pointers
            places = Places(state.last_seen_at, pointers.positions)
            pose_token = self.pose_memory.read(slots, features)
            layers = self.decoder(features, pose_token, pointers.features, places, pointers.filling)
        answer, sight = (self.head(layers, cells, size), None) if self.placing is None else self._place(layers, size, state)
        return answer, self._remember(features, layers[-1], answer, size, slots, state, sight)

    def _place(self, layers: Sequence[Tensor], size: Size, state: StreamState | None) -> tuple[FrameAnswer, Sight]:
        """The frame beside the one before it, and what the next one will be placed by."""
        tokens = [layers[0], *(layer[:, 1:] for layer in layers[1:])]  # without the pose token
        local = self.head(tokens, size)
        if state is None or state.sight is None:
            pose = encode_pose(torch.eye(4, device=local.points.device)).expand(len(local.points), -1)
        else:
            step = decode_pose(self.placing(tokens, local.points, state.sight.landmarks))
            pose = encode_pose(decode_pose(state.sight.pose) @ step)
        seen = self.placing.landmarks(tokens, local.points)
        return FrameAnswer(local, moved(local, pose), pose), Sight(seen.looks, seen.places, pose)

    def _remember(
        self,
        features: Tensor,
        decoded: Tensor,
        answer: FrameAnswer,
        size: Size,
        slots: Tensor,
        state: StreamState | None,
        sight: Sight | None,
    ) -> StreamState:
        frames, memory = (0, None) if state is None else (state.frames, state.pointers)
        slots = self.pose_memory.write(slots, features, decoded[:, :1])
        pointers, positions = self.pointer_encoder(features, decoded[:, 1:], answer.world.points)
        memory = self.pointer_memory(memory, Pointers.of_frame(pointers, positions, frames))
        return StreamState(frames + 1, size, slots, memory, positions, sight)

    def _forward(self, batch: ViewBatch) -> Pointmaps:
        """All frames are encoded at once, which is quicker than one by one and takes more memory."""
        features, cells = self.extract_feat(batch.images.flatten(0, 1))
        answers, state = [], None
        for view in features.unflatten(0, (len(batch), -1)).unbind(1):
            answer, state = self.read(view, cells, batch.size, state)
            answers.append(answer)
        return _joined(answers)

    def loss(self, batch: ViewBatch) -> dict[str, Tensor]:
        """The terms of the criterion over all sequences."""
        if self.criterion is None:
            raise ConfigError('this model has no criterion; give one in its config to train it')
        return self.criterion(self._forward(batch), batch)

    def predict(self, batch: ViewBatch) -> Pointmaps:
        """What the images alone tell, frame by frame; nothing else of the batch is looked at."""
        answers, state = [], None
        for images in batch.images.unbind(1):
            answer, state = self.step(images, state)
            answers.append(answer)
        return _joined(answers)

    def init_weights(self) -> None:
        """What the runner calls before training: fill what DUSt3R has from its file."""
        super().init_weights()
        if self.dust3r_weights is not None:
            fresh = load_dust3r(self, self.dust3r_weights)
            print_log(f'Point3R starts from {self.dust3r_weights}; {len(fresh)} parameters are new', 'current')

    def adapt_weights(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Released weights under the names of this model; its own pass as they are."""
        return adapt_published(weights)


def _joined(answers: Sequence[FrameAnswer]) -> Pointmaps:
    locals_, worlds = ([getattr(answer, name) for answer in answers] for name in ('local', 'world'))
    return Pointmaps(
        torch.stack([world.points for world in worlds], 1),
        torch.stack([world.confidence for world in worlds], 1),
        torch.stack([local.points for local in locals_], 1),
        torch.stack([local.confidence for local in locals_], 1),
        torch.stack([answer.pose for answer in answers], 1),
    )
