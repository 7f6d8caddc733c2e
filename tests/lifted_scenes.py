"""Tiny scenes with lifted features, and a network that speaks of them."""

import torch
import torch.nn.functional as F

from uniseg3d.models.encoders.hashed_words import HashedWords
from uniseg3d.models.encoders.minkunet import MinkUNet
from uniseg3d.models.systems.sas import SAS
from uniseg3d.structures import PointScene, Prompts, SceneBatch, Superpoints, Targets
from uniseg3d.structures.lifted_sample import LiftedSample
from uniseg3d.structures.point_features import PointFeatures

DIM, CLASSES = 8, 20
TINY = ((8,) * 8, (1,) * 8)


def system(**options):
    torch.manual_seed(0)
    network = MinkUNet(TINY, in_channels=3, out_channels=DIM, stem_size=3)
    return SAS(network, {'encoder': HashedWords(DIM)}, voxel_size=0.05, **options)


def lifted_sample(name='a', count=240, seed=0, seen=0.7):
    """Points in the unit cube; the class of a point is the half it lies in, and its feature the text of the class."""
    generator = torch.Generator().manual_seed(seed)
    xyz = 2 * torch.rand(count, 3, generator=generator)
    semantic = (xyz[:, 0] > 1).long()
    superpoint = semantic * 2 + (xyz[:, 1] > 1)
    ids = torch.unique(superpoint, return_inverse=True)[1]
    texts = system().texts[:, 0]
    visible = torch.rand(count, generator=generator) < seen
    features = F.normalize(texts[semantic] + 0.1 * torch.randn(count, DIM, generator=generator), dim=1)
    scene = PointScene(name, xyz, torch.rand(count, 3, generator=generator))
    return LiftedSample(
        scene, Superpoints(ids), Prompts(), _targets(semantic, ids), PointFeatures(features[visible].half(), visible)
    )


def _targets(semantic, ids):
    size = int(ids.max()) + 1
    masks = torch.zeros(CLASSES + 1, size, dtype=torch.bool)
    masks[semantic, ids] = True
    none, blank = torch.zeros(0, dtype=torch.int64), torch.zeros(0, size, dtype=torch.bool)
    return Targets(semantic, -torch.ones_like(semantic), semantic, none, none, blank, blank, masks, none, blank, none, none)


def batch(*samples):
    return SceneBatch(list(samples) or [lifted_sample()])
