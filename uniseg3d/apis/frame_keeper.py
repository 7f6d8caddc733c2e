"""Frames on their way to a network, and what is kept of what it says about them."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from uniseg3d.apis.network_images import PRECISIONS
from uniseg3d.apis.panoptic_files import on_photo
from uniseg3d.apis.photo_source import SourceFrame
from uniseg3d.apis.reconstruction import ReconstructedView, write_depth
from uniseg3d.apis.stream import StreamedFrame
from uniseg3d.geometry.cameras import intrinsic_matrix
from uniseg3d.geometry.focal import focal_weiszfeld
from uniseg3d.geometry.image_resize import FittedPhoto, fit_photo
from uniseg3d.geometry.rotation import transform_points
from uniseg3d.models.systems.panst3r_keyframes import KeyframeChoice
from uniseg3d.utils.errors import ConfigError, DataError

FOCALS = (0.2, 5.0)  # shortest and longest that are believed, in units of that of 60 degrees


@dataclass(frozen=True)
class ReconstructOptions:
    """How frames are shown and what is kept of them."""

    size: int = 512  # long side of what the network sees
    patch: int = 16
    share: float = 0.7  # of the pixels of a frame, the surest, that become points
    most_points: int = 5_000_000  # in all; fewer of each frame where there are many frames
    graph: str | None = None  # pairs of a two-view network; None: all of up to 12 photos, neighbours of more
    keyframes: int | None = None  # photos that MUSt3R and PanSt3R remember; None: as the model is set
    choice: KeyframeChoice | None = None  # which ones PanSt3R does; None: evenly spread
    refinements: int = 0  # how often it is shown those again, now that the others are known
    classes: tuple[str, ...] | None = None  # that PanSt3R is asked for; None: as the model is set
    merge: str | None = None  # how it joins masks; None: as the model is set
    precision: str = 'float32'  # what most of the network computes in
    say_every: int = 10  # frames between two lines of progress

    def __post_init__(self) -> None:
        if self.size < self.patch or not 0 < self.share <= 1 or min(self.most_points, self.say_every) < 1:
            raise ConfigError(f'expected size >= {self.patch}, 0 < share <= 1, most_points and say_every >= 1; got {self}')
        if self.precision not in PRECISIONS:
            raise ConfigError(f'precision {self.precision!r} is unknown; expected one of {", ".join(PRECISIONS)}')


@dataclass
class FrameKeeper:
    """Cuts frames to size, and keeps of answers what is wanted."""

    options: ReconstructOptions
    limit: int  # points per frame
    depth_folder: Path | None = None
    depth_names: set[str] = field(default_factory=set)

    def fit(self, frame: SourceFrame) -> FittedPhoto:
        """The frame as the network takes it."""
        if frame.image is None:
            raise DataError(frame.fault or 'the frame is missing')
        photo = fit_photo(frame.image, self.options.size, patch=self.options.patch)
        return photo._replace(image=photo.image.copy())  # torch wants arrays that it might write to

    def answered(
        self, frame: SourceFrame, photo: FittedPhoto, answer: StreamedFrame, segments: Tensor | None = None
    ) -> ReconstructedView:
        """What a network that looks at frames one by one says; ``segments`` [h, w]."""
        said = answer.camera_to_world, frame_camera(answer), answer.points, answer.confidence, answer.local_points[..., 2]
        return self.view(frame, photo, *said, answer.pointers, segments, answer.local_points)

    def view(
        self, frame: SourceFrame, photo: FittedPhoto, pose: Tensor, camera: Tensor, points: Tensor, confidence: Tensor,
        depth: Tensor, pointers: int | None = None, segments: Tensor | None = None, local: Tensor | None = None,
    ) -> ReconstructedView:  # fmt: skip
        """The surest points of a frame, and its camera."""
        assert frame.image is not None
        if self.depth_folder is not None:
            stem = Path(frame.name).stem
            name = frame.name if stem in self.depth_names else stem  # 1.jpg and 1.png may be two photos
            self.depth_names.add(name)
            write_depth(self.depth_folder, name, depth.cpu().numpy())
        count = min(int(np.ceil(confidence.numel() * self.options.share)), self.limit)
        surest = confidence.flatten().topk(count).indices
        found = points.reshape(-1, 3)[surest].float().cpu().numpy()
        colors = torch.from_numpy(photo.image).reshape(-1, 3)[surest.cpu()]
        intrinsics = np.linalg.inv(photo.transform) @ camera.double().cpu().numpy()
        to_world = pose.double().cpu().numpy()
        return ReconstructedView(
            frame.name, frame.seconds, frame.image.shape[:2], to_world, intrinsics, float(confidence.mean()), found,
            colors.numpy(), pointers,
            None if segments is None else segments.flatten()[surest.cpu()].numpy(),
            None if segments is None else on_photo(segments.numpy(), frame.image.shape[:2], photo.transform),
            confidence.flatten()[surest].float().cpu().numpy(),
            None if local is None else _placed(to_world, local.reshape(-1, 3)[surest]),
        )  # fmt: skip


def frame_camera(answer: StreamedFrame) -> Tensor:
    """Matrix [3, 3] of the camera that explains the frame's own points."""
    height, width = answer.confidence.shape
    focal = focal_weiszfeld(answer.local_points, clip=FOCALS)
    return intrinsic_matrix(focal, focal.new_tensor([width / 2, height / 2]))


def _placed(pose: np.ndarray, local: Tensor) -> np.ndarray:
    return transform_points(pose, local.double().cpu().numpy()).astype(np.float32)
