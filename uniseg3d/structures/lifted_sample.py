"""Scenes with features that were lifted from photos, and what was said about their points."""

from dataclasses import dataclass, field

from torch import Tensor

from uniseg3d.structures.batch import Sample
from uniseg3d.structures.point_features import PointFeatures
from uniseg3d.structures.prediction import Prediction
from uniseg3d.utils.errors import DataError


@dataclass(eq=False)
class LiftedSample(Sample):
    """A sample whose points, as far as a camera saw them, have features."""

    lifted: PointFeatures | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.lifted is not None and len(self.lifted.seen) != len(self.scene):
            raise DataError(
                f'scene {self.scene.scene_id}: lifted features cover {len(self.lifted.seen)} points, the scene has '
                f'{len(self.scene)}; lift them again'
            )


@dataclass(eq=False)
class ZeroShotPrediction(Prediction):
    """Classes of points by texts, for each kind of evidence; C, the number of classes, where a point has none."""

    point_labels: dict[str, Tensor] = field(default_factory=dict)  # kind -> [N] int64
    seen: Tensor | None = None  # [N] bool, points that a camera saw

    def to(self, device):  # type: ignore[no-untyped-def]
        """Copy on ``device``."""
        moved = super().to(device)
        moved.point_labels = {kind: labels.to(device) for kind, labels in self.point_labels.items()}
        return moved
