"""What photos of a scene became: labelled gaussians, and the segments of the photos that they have their labels from."""

from dataclasses import dataclass

from torch import Tensor

from uniseg3d.structures.container import Container
from uniseg3d.structures.gaussians import Gaussians
from uniseg3d.structures.video_segments import VideoSegments


@dataclass(eq=False)
class GaussianScene(Container):
    """One gaussian per pixel of V photos, view by view and row by row; the world is the camera of the first photo."""

    scene_id: str
    gaussians: Gaussians
    segments: VideoSegments
    intrinsics: Tensor  # [V, 3, 3] float, pixels of the photos; given or estimated
    views: list[int]  # V places of the photos in the batch that they came in
    texts: Tensor | None = None  # [T, V, H, W] bool, the mask of each sentence that was asked

    def __post_init__(self) -> None:
        self._check_type('gaussians', Gaussians)
        self._check_type('segments', VideoSegments)
        self._check_items('views', int)
        self._check('intrinsics', (len(self.views), 3, 3), 'float')
        if self.texts is not None:
            self._check('texts', (None, *self.segments.maps.shape), 'bool')
