"""Voxels of which one point each stands for all."""

import pytest
import torch

from uniseg3d.geometry.hashed_voxels import fnv_hash, hashed_voxels, voxel_transform
from uniseg3d.utils.errors import DataError

PLAIN = torch.eye(4, dtype=torch.float64)


def test_the_first_point_stands_for_its_voxel():
    points = torch.tensor([[0.9, 0, 0], [2.5, 0, 0], [0.1, 0, 0], [2.1, 0, 0]])
    voxels = hashed_voxels(points, PLAIN)
    assert sorted(voxels.representative.tolist()) == [0, 1] and len(voxels) == 2
    assert torch.equal(voxels.cells[voxels.point_to_voxel][:, 0], torch.tensor([0, 2, 0, 2]))


def test_every_point_is_in_its_cell():
    points = torch.randn(500, 3, generator=torch.Generator().manual_seed(0))
    voxels = hashed_voxels(points, voxel_transform(0.3))
    cells = (points.double() / 0.3).floor().long()
    assert torch.equal(voxels.cells[voxels.point_to_voxel], cells - cells.amin(0))
    assert torch.equal(voxels.point_to_voxel[voxels.representative], torch.arange(len(voxels)))
    assert voxels.cells.amin(0).tolist() == [0, 0, 0]


def test_the_published_hash():
    assert fnv_hash(torch.zeros(1, 0, dtype=torch.int64)).item() == 14695981039346656037 - 2**64
    number = 14695981039346656037
    for value in (3, 1, 2):
        number = (number * 1099511628211) % 2**64 ^ value
    assert fnv_hash(torch.tensor([[3, 1, 2]])).item() % 2**64 == number


def test_random_turns_keep_shapes():
    matrix = voxel_transform(0.02, torch.Generator().manual_seed(1))
    turn = matrix[:3, :3] * 0.02
    scale = torch.linalg.det(turn) ** (1 / 3)
    assert 0.9 <= scale <= 1.1
    torch.testing.assert_close(turn @ turn.T / scale**2, torch.eye(3, dtype=torch.float64))
    assert (turn / scale)[2, 2] > 0.99  # hardly tilted
    assert torch.equal(matrix, voxel_transform(0.02, torch.Generator().manual_seed(1)))
    assert not torch.equal(matrix, voxel_transform(0.02, torch.Generator().manual_seed(2)))


@pytest.mark.parametrize('points', [torch.zeros(0, 3), torch.full((2, 3), torch.nan)])
def test_clouds_without_cells(points):
    with pytest.raises(DataError, match='only finite'):
        hashed_voxels(points, PLAIN)


@pytest.mark.parametrize('far', [1e30, 1e19, -1e19, 2.0**62])
def test_cells_beyond_64_bits(far):
    with pytest.raises(DataError, match='farther than 64-bit indices can count'):
        hashed_voxels(torch.tensor([[far, 0, 0], [0, 0, 0]]), PLAIN)
    assert len(hashed_voxels(torch.tensor([[2.0**61, 0, 0], [-(2.0**61), 0, 0]]), PLAIN)) == 2


@pytest.mark.parametrize(
    ('points', 'transform', 'message'),
    [
        (torch.ones(2, 3).numpy(), PLAIN, 'are a ndarray'),
        (torch.ones(2, 3), PLAIN.numpy(), 'transforms are a ndarray'),
        (torch.ones(2, 4), PLAIN, r'points have shape \[2, 4\]'),
        (torch.ones(2, 3), PLAIN[:3, :3], r'the transform \[3, 3\]'),
    ],
)
def test_clouds_and_transforms_that_do_not_fit(points, transform, message):
    with pytest.raises(DataError, match=message):
        hashed_voxels(points, transform)
