"""Points of views that are placed one by one, each beside the one of those before it that looks most like it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from uniseg3d.geometry.pose_encoding import decode_pose, encode_pose
from uniseg3d.models.heads.matched_pose import Landmarks, moved
from uniseg3d.models.heads.two_frames import TwoFrameAnswer
from uniseg3d.models.layers.build import as_module
from uniseg3d.registry import MODELS
from uniseg3d.structures.container import Container

Size = tuple[int, int]  # H, W


@dataclass(eq=False)
class Sight(Container):
    """A view of B scenes that others can be placed beside."""

    looks: Tensor  # [B, N, F] descriptors of patches
    places: Tensor  # [B, N, 3] in that view's camera
    pose: Tensor  # [B, 7] camera-to-world

    @property
    def landmarks(self) -> Landmarks:
        return Landmarks(self.looks, self.places)

    def rows(self, chosen: Tensor) -> 'Sight':
        """Some of the scenes."""
        return Sight(self.looks[chosen], self.places[chosen], self.pose[chosen])


@MODELS.register_module()
class PlacedHead(nn.Module):
    """Points in each view's own camera, and one pose for all of them: for networks too small to move every point by itself.

    Args:
        local: layers and image size to ``PixelAnswers`` in the view's own camera.
        placing: the pose of a view beside another one, as ``MatchedPose``.
    """

    def __init__(self, local: nn.Module | dict[str, Any], placing: nn.Module | dict[str, Any]) -> None:
        super().__init__()
        self.local: Any = as_module(local)
        self.placing: Any = as_module(placing)

    def beside(self, layers: Sequence[Tensor], size: Size, sights: Sequence[Sight]) -> tuple[TwoFrameAnswer, Sight]:
        """What a view shows beside ``sights``; without any it is the world. And the view as a sight for others.

        ``layers``: features of the encoder first, tokens of the decoder last.
        """
        answer = self.local(layers, size)
        landmarks = self.placing.landmarks(layers, answer.points)
        if not sights:
            pose = encode_pose(torch.eye(4, device=answer.points.device)).expand(len(answer.points), -1)
        else:
            pose = self._placed(layers, answer.points, landmarks.looks, sights)
        world = moved(answer, pose).points
        return TwoFrameAnswer(world, answer.points, answer.confidence), Sight(landmarks.looks, landmarks.places, pose)

    def _placed(self, layers: Sequence[Tensor], points: Tensor, looks: Tensor, sights: Sequence[Sight]) -> Tensor:
        """The poses [B, 7]; each scene has its own nearest sight."""
        nearest = likeness(looks.detach(), sights).argmax(1)
        rows, poses = [], []
        for number in nearest.unique().tolist():
            own = (nearest == number).nonzero()[:, 0]
            sight = sights[number].rows(own)
            step = decode_pose(self.placing([layer[own] for layer in layers], points[own], sight.landmarks))
            rows.append(own)
            poses.append(encode_pose(decode_pose(sight.pose) @ step))
        return torch.cat(poses)[torch.cat(rows).argsort()]


def likeness(looks: Tensor, sights: Sequence[Sight]) -> Tensor:
    """How well the patches of views, ``looks`` [B, N, F], find partners in each of S sights: [B, S]."""
    return torch.stack([(looks @ sight.looks.detach().mT).amax(-1).mean(-1) for sight in sights], 1)
