"""Lifted features on their way to a model, and the random motion that networks of OpenScene's family are trained with."""

from collections.abc import Sequence
from pathlib import Path

import torch

from uniseg3d.geometry.hashed_voxels import voxel_transform
from uniseg3d.geometry.rotation import transform_points
from uniseg3d.io.point_features import feature_files, read_point_features
from uniseg3d.registry import TRANSFORMS
from uniseg3d.structures.lifted_sample import LiftedSample
from uniseg3d.transforms.base import SampleDict
from uniseg3d.transforms.pack import PackScene
from uniseg3d.utils.errors import DataError


@TRANSFORMS.register_module()
class LoadPointFeatures:
    """Add ``lifted``: features of the scene's points from ``folder``; of several files for one scene a random one.

    ``required``: refuse scenes without a file; else they have no features.
    """

    def __init__(self, folder: str, required: bool = True) -> None:
        self.folder, self.required = Path(folder), required

    def __call__(self, sample: SampleDict) -> SampleDict:
        files = feature_files(self.folder, sample['scene_id'])
        if not files and self.required:
            raise DataError(
                f'{self.folder} has no features of this scene ({sample["scene_id"]}_0.pt); extract and fuse them first '
                '(tools/sas/extract_priors.py, tools/sas/fuse_features.py)'
            )
        sample['lifted'] = None
        if files:
            path = files[int(sample['rng'].integers(len(files)))]
            values = read_point_features(path, sample['info'].num_points)
            rows = sample.get('rows')
            sample['lifted'] = values if rows is None else values.of_points(torch.from_numpy(rows))
        return sample


@TRANSFORMS.register_module()
class TurnTiltScale:
    """Turn by any angle about z, tilt slightly about x and y, in random order, and scale by 0.9 to 1.1."""

    def __call__(self, sample: SampleDict) -> SampleDict:
        generator = torch.Generator().manual_seed(int(sample['rng'].integers(2**31)))
        matrix = voxel_transform(1.0, generator).numpy()
        for key in ('xyz', 'voxel_coords'):
            if key in sample:
                sample[key] = transform_points(matrix, sample[key]).astype('float32')
        return sample


@TRANSFORMS.register_module()
class PackLiftedScene(PackScene):
    """As :class:`PackScene`, with the lifted features."""

    def __init__(self, features: Sequence[str] = ('color',)) -> None:
        super().__init__(features)

    def __call__(self, sample: SampleDict) -> LiftedSample:
        packed = super().__call__(sample)
        return LiftedSample(packed.scene, packed.superpoints, packed.prompts, packed.targets, sample['lifted'])
