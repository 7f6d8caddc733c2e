"""A posed view cut and scaled to a training resolution, its camera matrix with it: the recipe of the pointmap networks."""

from dataclasses import dataclass, field

import numpy as np

from uniseg3d.geometry.image_resize import resize_colors, resize_nearest
from uniseg3d.utils.errors import DataError

PORTRAIT = 1.1  # height per width from which on a view counts as portrait
SQUARE = 0.9  # from here to there it is nearly square
LEAST_MARGIN = 5  # the principal point keeps at least a fifth of the side on both sides
ROUND_UP = 1e-8  # so that flooring a scaled size never falls below the target


@dataclass(eq=False)
class ViewImage:
    """An image and its camera, with maps of the same pixels."""

    image: np.ndarray  # [H, W, 3] uint8
    intrinsics: np.ndarray  # [3, 3] float, whole numbers are pixel centres
    maps: dict[str, np.ndarray] = field(default_factory=dict)  # each [H, W]: depth, ids

    def __post_init__(self) -> None:
        for name, values in self.maps.items():
            if values.shape != self.image.shape[:2]:
                raise DataError(f'map "{name}" has shape {values.shape}, expected that of the image, {self.image.shape[:2]}')


def crop_view(view: ViewImage, resolution: tuple[int, int], extra: int = 0) -> ViewImage:
    """Cut and scale ``view`` to ``resolution`` (width, height) around its principal point.

    ``extra`` pixels are added to both sides of the scaled image before its middle is cut out: the random part of training.
    """
    centred = _center_on_principal_point(view)
    scaled = cover_view(centred, resolution[0] + extra, resolution[1] + extra)
    return _cut_middle(scaled, *resolution)


def orient(resolution: tuple[int, int], height: int, width: int, rng: np.random.Generator) -> tuple[int, int]:
    """``resolution`` (width, height) turned to suit an image: upright if it is, either way at random if it is nearly square."""
    long, short = max(resolution), min(resolution)
    if height > PORTRAIT * width:
        return short, long
    nearly_square = SQUARE < height / width < PORTRAIT
    if nearly_square and long != short and rng.integers(2):
        return short, long
    return long, short


def _center_on_principal_point(view: ViewImage) -> ViewImage:
    if not np.isfinite(view.intrinsics).all():
        raise DataError('the camera matrix of an image is unknown, so that it has no middle to cut at; use FitViews instead')
    height, width = view.image.shape[:2]
    across, down = (int(value) for value in np.round(view.intrinsics[:2, 2]))
    margin_across, margin_down = min(across, width - across), min(down, height - down)
    if margin_across <= width / LEAST_MARGIN or margin_down <= height / LEAST_MARGIN:
        raise DataError(
            f'the principal point ({across}, {down}) lies too near the edge of an image of {width} x {height} pixels; '
            'expected the camera matrix of this image, in pixels, with a fifth of each side around that point'
        )
    return _cut(view, across - margin_across, down - margin_down, 2 * margin_across, 2 * margin_down)


def cover_view(view: ViewImage, width: int, height: int) -> ViewImage:
    """Scale a view until it just covers ``width`` x ``height`` pixels."""
    old_height, old_width = view.image.shape[:2]
    scale = max(width / old_width, height / old_height) + ROUND_UP
    new_width, new_height = int(np.floor(old_width * scale)), int(np.floor(old_height * scale))
    image = resize_colors(view.image, new_width, new_height, smooth=scale < 1)
    maps = {name: resize_nearest(values, new_width, new_height) for name, values in view.maps.items()}
    lost = 0.5 * (np.array([old_width, old_height]) * scale - [new_width, new_height])  # cut on each side by flooring
    intrinsics = view.intrinsics.copy()
    intrinsics[:2, 2] += 0.5
    intrinsics[:2] *= scale
    intrinsics[:2, 2] -= lost + 0.5
    return ViewImage(image, intrinsics, maps)


def _cut_middle(view: ViewImage, width: int, height: int) -> ViewImage:
    old_height, old_width = view.image.shape[:2]
    middle = view.intrinsics[:2, 2] + 0.5 - 0.5 * np.array([old_width - width, old_height - height]) - 0.5
    left, top = (int(value) for value in np.round(view.intrinsics[:2, 2] - middle))
    return _cut(view, left, top, width, height)


def _cut(view: ViewImage, left: int, top: int, width: int, height: int) -> ViewImage:
    rows, columns = slice(top, top + height), slice(left, left + width)
    intrinsics = view.intrinsics.copy()
    intrinsics[:2, 2] -= [left, top]
    return ViewImage(view.image[rows, columns], intrinsics, {name: m[rows, columns] for name, m in view.maps.items()})
