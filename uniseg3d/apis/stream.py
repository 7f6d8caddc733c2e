"""Frames one at a time to points in one world, with bounded memory if wanted; bad frames are refused, and nothing is lost."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from uniseg3d.apis.network_images import PRECISIONS, Image, network_image
from uniseg3d.geometry.pose_encoding import decode_pose
from uniseg3d.models import MUSt3R, Point3R
from uniseg3d.models.heads.point3r import FrameAnswer
from uniseg3d.utils.errors import CheckpointError, ConfigError, DataError


@dataclass(eq=False)
class StreamedFrame:
    """What a frame shows, on the CPU. The world is the camera of the stream's first frame (OpenCV axes)."""

    number: int  # of the frame among all that were given, refused ones included
    points: Tensor  # [H, W, 3] float32, in the world
    confidence: Tensor  # [H, W], at least 1
    local_points: Tensor  # [H, W, 3], in the frame's own camera
    local_confidence: Tensor  # [H, W]
    camera_to_world: Tensor  # [4, 4]
    pointers: int  # in the memory after this frame; of MUSt3R the frames that it remembers


class PointStream:
    """Shows a model one frame after the other.

    A frame that cannot be used raises ``DataError`` and leaves the stream as it was, so that it goes on with the next one.
    """

    def __init__(self, model: Point3R | MUSt3R, precision: str = 'float32') -> None:
        """``precision``: what most of the model computes in; points and poses are always made in float32."""
        if precision not in PRECISIONS:
            raise ConfigError(f'precision {precision!r} is unknown; expected one of {", ".join(PRECISIONS)}')
        self.model, self.precision = model.eval(), precision
        self.reset()

    def reset(self) -> None:
        """Forget everything: the next frame's camera is a new world."""
        self.number = 0
        self.state: Any = None  # of the model's state_type

    @property
    def pointers(self) -> int:
        """How many pointers the memory holds, or how many frames."""
        return 0 if self.state is None else self.state.kept

    @torch.inference_mode()
    def step(self, frame: Image | None) -> StreamedFrame:
        """What the next ``frame`` shows: [H, W, 3] uint8 RGB, or [3, H, W] float in -1..1; ``None`` is one that got lost."""
        number, self.number = self.number, self.number + 1
        image = self._checked(frame, f'frame {number}')
        dtype = PRECISIONS[self.precision]
        with torch.autocast(image.device.type, dtype, enabled=dtype is not None):
            answer, state = self.model.step(image, self.state)
        if not answer.world.points.isfinite().all():
            raise DataError(f'frame {number} leads to points that are not finite in {self.precision}; it is left out')
        self.state = state
        return _on_cpu(number, answer, self.pointers)

    def state_dict(self) -> dict[str, Any]:
        """All that the next frame needs, as tensors and numbers, for ``torch.save``."""
        return {'number': self.number, 'state': None if self.state is None else self.state.state_dict()}

    def load_state_dict(self, stored: dict[str, Any]) -> None:
        """Go on where the stream stood whose ``state_dict`` this is; the model must have the same weights."""
        try:
            number, state = int(stored['number']), stored['state']
            restored = None if state is None else self.model.state_type.of(state)
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(f'this is no state of a stream ({error}); give what state_dict() returned') from error
        device = next(self.model.parameters()).device
        self.number, self.state = number, None if restored is None else restored.to(device)

    def _checked(self, frame: Image | None, name: str) -> Tensor:
        """The frame as the model takes it, [1, 3, H, W] on its device."""
        if frame is None:
            raise DataError(f'{name} is missing; the stream is as before it, go on with the next one')
        image = network_image(frame, name)[None].to(next(self.model.parameters()).device)
        size = (image.shape[2], image.shape[3])
        if self.state is not None and self.state.size not in (None, size):
            expected = ' x '.join(map(str, self.state.size))
            raise DataError(
                f'{name} is {size[0]} x {size[1]} pixels (H x W), those before it {expected}; resize it, or reset()'
            )
        return image


def _on_cpu(number: int, answer: FrameAnswer, pointers: int) -> StreamedFrame:
    points, confidence, local_points, local_confidence, pose = (
        value[0].cpu() for value in (*answer.world[:2], *answer.local[:2], decode_pose(answer.pose))
    )
    return StreamedFrame(number, points, confidence, local_points, local_confidence, pose, pointers)
