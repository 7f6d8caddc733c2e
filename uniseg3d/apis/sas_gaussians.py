"""Gaussians of a scan get features, and by them names: from the distilled network, or straight from the photos."""

from dataclasses import replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from uniseg3d.apis.sas_capability import capabilities
from uniseg3d.apis.sas_extract import lift_points
from uniseg3d.apis.sas_fuse import fuse_scene
from uniseg3d.apis.sas_scenes import DistilledScenes, features_at
from uniseg3d.apis.sas_setup import Priors
from uniseg3d.io.frames import read_matrix
from uniseg3d.structures.gaussians import Gaussians
from uniseg3d.structures.point_features import PointFeatures
from uniseg3d.utils.errors import DataError

REACH = 0.1  # metres between a gaussian and the point that it takes its feature from


def placed(gaussians: Gaussians, pose: str | Path | None = None) -> Tensor:
    """Centres [G, 3] in the frame of a scan; ``pose``: file with the camera-to-world of the camera that they are seen from."""
    if pose is None:
        return gaussians.means
    motion = torch.from_numpy(read_matrix(pose)).to(gaussians.means)
    if not motion.isfinite().all():
        raise DataError(f'{pose}: the camera was lost there; take another photo for the first')
    return gaussians.means @ motion[:3, :3].T + motion[:3, 3]


def network_features(scenes: DistilledScenes, scene: str, places: Tensor, reach: float = REACH) -> PointFeatures:
    """Features of ``places`` [G, 3] in the frame of a scan, by its nearest points; those farther than ``reach`` have none."""
    features, near = features_at(places, scenes.points(scene), scenes.features(scenes.sample(scene)), reach)
    return PointFeatures(features[near], near)


def frame_features(priors: Priors, scene: str, places: Tensor) -> PointFeatures:
    """What all experts together see at ``places`` [G, 3] in the frame of a scan: lifted and fused as points are."""
    names = priors.expert_names()
    parts = []
    for key, lifted, refused in lift_points(priors, scene, places, {name: priors.expert(name) for name in names}):
        if lifted is None:
            raise DataError(f'scene {scene}: expert {key} could use no photo: {refused[0]}')
        parts.append(lifted)
    return fuse_scene(priors, parts, capabilities(priors, names))


def name_gaussians(gaussians: Gaussians, found: PointFeatures, texts: Tensor) -> Gaussians:
    """The same with the label of the nearest of ``texts`` [K, P, C], from 1; 0 where there is no feature."""
    directions = F.normalize(found.features.float(), dim=1)
    best = torch.einsum('nc,kpc->nkp', directions, texts.to(directions)).amax(2).argmax(1)
    labels = torch.zeros(len(gaussians), dtype=torch.int64)
    labels[found.seen] = best + 1
    return replace(gaussians, semantic=labels)
