"""Third stage: one feature for every point, from all experts."""

from collections.abc import Sequence

import torch
from torch import Tensor

from uniseg3d.apis.sas_capability import capabilities
from uniseg3d.apis.sas_setup import FUSED, Priors
from uniseg3d.datasets.preparation.faults import Fault
from uniseg3d.io.point_features import read_point_features, write_point_features
from uniseg3d.priors.fusion import fuse_features
from uniseg3d.structures.point_features import PointFeatures
from uniseg3d.utils.errors import DataError, UniSeg3DError
from uniseg3d.utils.progress import track


def fuse_scenes(
    priors: Priors,
    experts: Sequence[str] | None = None,
    splits: Sequence[str] = ('train', 'val'),
    skill: Tensor | None = None,
    kind: str = FUSED,
) -> list[Fault]:
    """Fuse the lifted features of some or all experts; files that are there are kept.

    ``skill`` [E, K] in place of the measured capabilities, ``kind``: folder for the result; both for ablations.
    """
    names = priors.expert_names(experts)
    skill = capabilities(priors, names) if skill is None else skill
    faults = list[Fault]()
    scenes = [scene.info for scene in priors.scenes(splits)]
    for info in track([info for info in scenes if not priors.fused_path(info.scene_id, kind).exists()], 'fusing features'):
        try:
            parts = [read_point_features(priors.lifted_path(name, info.scene_id), info.num_points) for name in names]
            fused = fuse_scene(priors, parts, skill)
            write_point_features(priors.fused_path(info.scene_id, kind), fused)
        except UniSeg3DError as error:
            faults.append(Fault(info.scene_id, str(error)))
    return faults


def fuse_scene(priors: Priors, parts: Sequence[PointFeatures], skill: Tensor) -> PointFeatures:
    """Features of all points that any expert saw; an expert that did not see a point has no say there."""
    if not parts:
        raise DataError('there are no experts to fuse; name one at least')
    seen = torch.stack([part.seen for part in parts]).any(0)
    rows = [part.scattered()[seen] for part in parts]
    return PointFeatures(fuse_features(rows, skill, priors.vocabulary, priors.fusion).features, seen)
