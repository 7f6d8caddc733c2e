"""From points to superpoint features through a sparse U-Net: every point counts once, scenes do not mix."""

import pytest
import torch
from model_samples import room_sample
from torch import nn

from uniseg3d.models import SparseUNet, SuperpointUNet
from uniseg3d.ops.sparse import SparseTensor
from uniseg3d.structures import SceneBatch


class Identity(nn.Module):
    """A U-Net that changes nothing, so that the way in and out is all that is left."""

    def forward(self, tensor: SparseTensor) -> SparseTensor:
        return tensor


def small_unet(channels: int) -> SparseUNet:
    torch.manual_seed(0)
    return SparseUNet(channels, planes=(8, 12), blocks=1).eval()


def test_superpoints_take_the_mean_over_points_of_the_voxel_means() -> None:
    sample = room_sample()
    features = sample.scene.features
    got = SuperpointUNet(Identity(), dim=features.shape[1], voxel_size=0.1)(SceneBatch([sample]))

    cells = torch.floor((sample.scene.xyz.double() - sample.scene.xyz.double().min(0).values) / 0.1)
    _, voxel = torch.unique(cells, dim=0, return_inverse=True)
    voxel_mean = torch.stack([features[voxel == v].mean(0) for v in range(int(voxel.max()) + 1)])
    ids = sample.superpoints.ids
    expected = torch.stack([voxel_mean[voxel[ids == s]].mean(0) for s in range(len(sample.superpoints))])
    torch.testing.assert_close(got, expected, atol=1e-5, rtol=1e-5)


def test_a_scene_gives_the_same_features_alone_and_in_company() -> None:
    samples = [room_sample(0), room_sample(1)]
    encoder = SuperpointUNet(small_unet(samples[0].scene.features.shape[1]), dim=8, voxel_size=0.2)
    together = encoder(SceneBatch(samples))
    alone = torch.cat([encoder(SceneBatch([sample])) for sample in samples])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-4)


def test_distorted_positions_decide_the_voxels() -> None:
    sample = room_sample()
    encoder = SuperpointUNet(Identity(), voxel_size=0.1)
    sample.scene.voxel_coords = torch.zeros_like(sample.scene.xyz)
    assert len(encoder.voxelize(SceneBatch([sample]))) == 1


@pytest.mark.parametrize('least', [1, 128])
def test_the_grid_has_at_least_the_asked_size(least: int) -> None:
    seen = []

    class Watch(Identity):
        def forward(self, tensor: SparseTensor) -> SparseTensor:
            seen.append(tensor.level.spatial_shape)
            return tensor

    SuperpointUNet(Watch(), voxel_size=0.2, min_spatial_shape=least)(SceneBatch([room_sample()]))
    assert min(seen[0]) >= least
