"""Views of an evaluation: as photos come to a network, with the truth as it was measured."""

from dataclasses import replace

import numpy as np

from uniseg3d.datasets.views.reader import PosedView
from uniseg3d.geometry.image_resize import fit_photo
from uniseg3d.geometry.view_crop import ViewImage
from uniseg3d.registry import TRANSFORMS
from uniseg3d.transforms.base import SampleDict
from uniseg3d.utils.errors import DataError


@TRANSFORMS.register_module()
class FitViews:
    """Bring views to the long side of the sample's resolution and to whole patches, wherever their principal point is.

    Args:
        crop: cut off what is too much. Else all of a photo is squeezed into whole patches, and depths are also kept at the
            size of the photo: metrics bring answers to that size.
        square_ok: keep square photos square, not at a height of 3/4 of their width.
        patch: sides are multiples of it.
    """

    def __init__(self, crop: bool = True, square_ok: bool = False, patch: int = 16) -> None:
        self.crop, self.square_ok, self.patch = crop, square_ok, patch

    def __call__(self, sample: SampleDict) -> SampleDict:
        views: list[PosedView] = sample['views']
        sizes = sorted({posed.view.image.shape[:2] for posed in views})
        if len(sizes) > 1:
            raise DataError(
                f'frames of {len(sizes)} sizes (H x W) {sizes} make no sequence; resize them, or take them one by one'
            )
        if not self.crop:
            sample['full_depth'] = [posed.view.maps['depth'] for posed in views if 'depth' in posed.view.maps]
        size = max(sample['resolution'])
        sample['views'] = [replace(posed, view=self._fitted(posed.view, size)) for posed in views]
        return sample

    def _fitted(self, view: ViewImage, size: int) -> ViewImage:
        photo = fit_photo(view.image, size, self.crop, self.square_ok, self.patch)
        maps = {name: _moved(values, photo.image.shape[:2], photo.transform) for name, values in view.maps.items()}
        return ViewImage(photo.image, photo.transform @ view.intrinsics, maps)


def _moved(values: np.ndarray, size: tuple[int, int], transform: np.ndarray) -> np.ndarray:
    """What the map [H, W] of a photo shows at the pixels of ``size`` that ``transform`` takes it to: the nearest."""
    rows, columns = (
        np.rint((np.arange(new) - transform[axis, 2]) / transform[axis, axis]).clip(0, old - 1).astype(int)
        for axis, new, old in zip((1, 0), size, values.shape, strict=True)
    )
    return values[rows[:, None], columns]
