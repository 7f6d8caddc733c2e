"""A scene as 3D gaussians, with what is known about each of them."""

import copy
from dataclasses import dataclass

from torch import Tensor

from uniseg3d.geometry.quaternion import quaternion_to_matrix
from uniseg3d.structures.container import Container
from uniseg3d.utils.errors import DataError

SPREAD = 0.95  # share of the gaussians that ``recentred`` brings into the unit cube


@dataclass(eq=False)
class Gaussians(Container):
    """G gaussians in metres of one frame; from photos, that of the first camera (x right, y down, z forward).

    ``masks`` and ``mask_classes`` are what Q queries say: the mask of a query at each gaussian, and the probabilities of its
    classes, of which the last means no object. Labels are 0 where there is none; class c of the queries has label c + 1.
    """

    means: Tensor  # [G, 3]
    scales: Tensor  # [G, 3] standard deviations along their own axes
    quaternions: Tensor  # [G, 4] (w, x, y, z) of any length but zero
    opacities: Tensor  # [G] in 0..1
    harmonics: Tensor  # [G, 3, K] colour coefficients, K = (degree + 1)²
    semantic: Tensor | None = None  # [G] int64 class label
    instance: Tensor | None = None  # [G] int64 label of the object
    masks: Tensor | None = None  # [G, Q] in 0..1
    mask_classes: Tensor | None = None  # [Q, C + 1]
    scene_id: str = ''

    def __post_init__(self) -> None:
        self._check('means', (None, 3), 'float')
        self._check('scales', (len(self), 3), 'float')
        self._check('quaternions', (len(self), 4), 'float')
        self._check('opacities', (len(self),), 'float')
        self._check('harmonics', (len(self), 3, None), 'float')
        for name in ('semantic', 'instance'):
            if getattr(self, name) is not None:
                self._check(name, (len(self),), 'index')
        if (self.masks is None) != (self.mask_classes is None):
            raise DataError(f'{self._where("masks")} and mask_classes come together; got one of them')
        if self.masks is not None and self.mask_classes is not None:
            self._check('masks', (len(self), None), 'float')
            self._check('mask_classes', (self.masks.shape[1], None), 'float')

    def __len__(self) -> int:
        return len(self.means)

    @property
    def covariances(self) -> Tensor:
        """[G, 3, 3]."""
        turned = quaternion_to_matrix(self.quaternions) * self.scales[:, None]
        return turned @ turned.mT

    def require_finite(self) -> None:
        """Refuse NaN and infinity. Makes a GPU wait: for loading only."""
        for name in ('means', 'scales', 'quaternions', 'opacities', 'harmonics'):
            if len(self):
                self._check_finite(name)

    def select(self, index: Tensor) -> 'Gaussians':
        """Those that ``index`` names, [n] int64, or marks, [G] bool."""
        chosen = copy.copy(self)
        for name, value in vars(self).items():
            if isinstance(value, Tensor) and name != 'mask_classes':
                setattr(chosen, name, value[index])
        return chosen

    def recentred(self) -> 'Gaussians':
        """Moved to their medians, and made smaller or larger until nearly all lie in the unit cube."""
        if not len(self):
            return self
        means = self.means - self.means.median(0).values
        size = means.abs().quantile(SPREAD, dim=0).max()
        moved = copy.copy(self)
        moved.means, moved.scales = means / size, self.scales / size
        return moved
