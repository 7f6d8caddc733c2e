"""Which points of a scene which photo shows, and at which pixel.

Cameras are OpenCV camera-to-world. Pixels are (column to the right, row down) and their whole numbers are pixel centres.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from uniseg3d.utils.errors import DataError

PAIRS = 2**21  # of a view and a point that are looked at in one go: about 200 MB


@dataclass(frozen=True, eq=False)
class Sightings:
    """S pairs of a view and a point that it shows, by view and then by point; V views, N points."""

    view: Tensor  # [S] int64
    point: Tensor  # [S] int64
    row: Tensor  # [S] int64, pixel of the view
    column: Tensor  # [S] int64
    views: int
    points: int

    def __len__(self) -> int:
        return len(self.view)

    def of(self, view: int) -> 'Sightings':
        """Those of one view."""
        ends = torch.searchsorted(self.view.contiguous(), torch.tensor([view, view + 1], device=self.view.device)).tolist()
        rows = slice(*ends)
        return Sightings(self.view[rows], self.point[rows], self.row[rows], self.column[rows], self.views, self.points)

    def seen(self) -> Tensor:
        """Points that any view shows [N] bool."""
        return torch.zeros(self.points, dtype=torch.bool, device=self.point.device).index_fill_(0, self.point, True)


def project_points(points: Tensor, camera_to_world: Tensor, intrinsics: Tensor) -> tuple[Tensor, Tensor]:
    """Pixels [V, N, 2] (column, row) and depths [V, N] along z of ``points`` [N, 3] in every view, in float64.

    ``camera_to_world`` [V, 4, 4]; ``intrinsics`` [V, 3, 3], or [1, 3, 3] for all views. Points in the plane of a camera and
    all points of a camera without a finite pose have no finite pixel.
    """
    poses = camera_to_world.double()
    known = poses.isfinite().all(-1).all(-1)
    inverse = torch.linalg.inv(torch.where(known[:, None, None], poses, torch.eye(4, dtype=poses.dtype, device=poses.device)))
    camera = points.double() @ inverse[:, :3, :3].mT + inverse[:, None, :3, 3]  # [V, N, 3]
    depth = torch.where(known[:, None], camera[..., 2], torch.nan)
    focal, centre = intrinsics.double()[:, None, [0, 1], [0, 1]], intrinsics.double()[:, None, :2, 2]
    return camera[..., :2] * focal / depth[..., None] + centre, depth


def find_visible(
    points: Tensor,
    camera_to_world: Tensor,
    intrinsics: Tensor,
    size: tuple[int, int],
    depth: Tensor | None = None,
    tolerance: float = 0.25,
    border: int = 10,
) -> Sightings:
    """Points [N, 3] that each of V views shows, at their nearest pixels.

    Args:
        camera_to_world: [V, 4, 4]; a view with a pose that is not finite shows nothing.
        intrinsics: [V, 3, 3], or [1, 3, 3] for all views, of images of ``size``.
        size: width and height.
        depth: [V, H, W] measured metres along z, 0 = none. Without it everything in front of the camera counts as seen.
        tolerance: share of the measured depth by which a point may lie before or behind it.
        border: pixels at the edge of an image that show nothing.
    """
    if depth is not None and tuple(depth.shape) != (len(camera_to_world), size[1], size[0]):
        raise DataError(
            f'depth has shape {tuple(depth.shape)}; expected {len(camera_to_world)} maps of {size[0]} x {size[1]} pixels, '
            'one for each pose: resize the maps, or give the size that they have'
        )
    parts = list(_visible_parts(points, camera_to_world, intrinsics, size, depth, tolerance, border))
    view, point, row, column = (torch.cat(part) for part in zip(*parts, strict=True))
    return Sightings(view, point, row, column, len(camera_to_world), len(points))


def _visible_parts(
    points: Tensor,
    poses: Tensor,
    intrinsics: Tensor,
    size: tuple[int, int],
    depth: Tensor | None,
    tolerance: float,
    border: int,
) -> Iterator[tuple[Tensor, ...]]:
    """View, point, row and column of what some views show, a bounded number of pairs at a time; at least one part."""
    step = max(1, PAIRS // max(len(points), 1))
    for start in range(0, max(len(poses), 1), step):
        some = slice(start, start + step)
        pixels, distance = project_points(points, poses[some], intrinsics if len(intrinsics) == 1 else intrinsics[some])
        nearest = pixels.round()  # halves to even
        low, high = border, torch.tensor(size, device=pixels.device) - border
        inside = ((nearest >= low) & (nearest < high)).all(-1) & (distance > 0)  # never where a pixel is not finite
        view, point = inside.nonzero(as_tuple=True)
        column, row = nearest[view, point].long().unbind(1)
        view = view + start
        if depth is not None:
            measured = depth[view, row, column].double()
            near = (measured - distance[view - start, point]).abs() <= tolerance * measured
            view, point, row, column = view[near], point[near], row[near], column[near]
        yield view, point, row, column


def height_scaled_intrinsics(intrinsics: Tensor, old: tuple[int, int], new: tuple[int, int]) -> Tensor:
    """Intrinsics [..., 3, 3] (or [..., 4, 4]) after a resize from ``old`` to ``new`` (width, height) by the rule of OpenScene.

    Both focal lengths follow the height, the principal point follows the corners. Where the resize changes the aspect ratio
    this differs from what the pixels did; published features were made with it.
    """
    (width, height), (new_width, new_height) = old, new
    scaled = intrinsics.clone()
    scaled[..., 0, 0] *= (new_height * width // height) / width
    scaled[..., 1, 1] *= new_height / height
    scaled[..., 0, 2] *= (new_width - 1) / (width - 1)
    scaled[..., 1, 2] *= (new_height - 1) / (height - 1)
    return scaled
