import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from uniseg3d.geometry.voxelize import cell_indices, voxelize
from uniseg3d.utils.errors import DataError


def clouds(seed, sizes, spread=1.0):
    generator = torch.Generator().manual_seed(seed)
    return [torch.rand(n, 3, generator=generator) * spread for n in sizes]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.lists(st.integers(1, 60), min_size=1, max_size=3), st.sampled_from([0.02, 0.3, 5.0]))
def test_agrees_with_a_dictionary_of_cells(seed, sizes, voxel_size):
    scenes = clouds(seed, sizes)
    voxels = voxelize(scenes, voxel_size)
    expected = {}
    for b, xyz in enumerate(scenes):
        cells = ((xyz.double() - xyz.double().min(0).values) / voxel_size).floor().long().tolist()
        for cell, point in zip(cells, xyz, strict=True):
            expected.setdefault((b, *cell), []).append(point)
    rows = [tuple(row) for row in voxels.indices.tolist()]
    assert rows == sorted(expected)
    means = torch.stack([torch.stack(expected[row]).mean(0) for row in rows])
    torch.testing.assert_close(voxels.mean(torch.cat(scenes)), means)
    assert voxels.counts.tolist() == [len(expected[row]) for row in rows]


def test_the_inverse_map_leads_every_point_to_its_cell():
    scenes = clouds(3, [50, 20])
    voxels = voxelize(scenes, 0.2)
    cells = torch.cat([cell_indices(scene, 0.2) for scene in scenes])
    assert torch.equal(voxels.indices[voxels.point_to_voxel, 1:].long(), cells)
    assert voxels.indices[voxels.point_to_voxel, 0].tolist() == [0] * 50 + [1] * 20
    assert voxels.spatial_shape == (cells.max(0).values + 1).tolist()


def test_voxelising_the_voxels_changes_nothing():
    voxels = voxelize(clouds(0, [80], 4.0), 0.5)
    again = voxelize([voxels.indices[:, 1:].float() + 0.5])
    assert torch.equal(again.indices, voxels.indices) and again.counts.eq(1).all()


def test_a_shifted_cloud_has_the_same_cells():
    xyz = torch.rand(200, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    assert torch.equal(cell_indices(xyz, 0.05), cell_indices(xyz + 1e6, 0.05))  # float32 would be off by a cell and more


@pytest.mark.parametrize('count', [1, 2])
def test_one_point_and_identical_points_make_one_voxel(count):
    voxels = voxelize([torch.full((count, 3), -7.25)], 0.02)
    assert voxels.indices.tolist() == [[0, 0, 0, 0]] and voxels.counts.tolist() == [count]


def test_an_empty_scene_is_refused():
    with pytest.raises(DataError, match='empty cloud'):
        voxelize([torch.zeros(3, 3), torch.zeros(0, 3)], 0.02)


def test_nan_is_refused():
    with pytest.raises(DataError, match='NaN'):
        voxelize([torch.tensor([[0.0, 0.0, float('nan')]])], 0.02)


def test_more_cells_than_32_bits_count_are_refused():
    with pytest.raises(DataError, match='32-bit'):
        voxelize([torch.tensor([[0.0, 0.0, 0.0], [5e7, 0.0, 0.0]])], 0.02)


def test_a_grid_larger_than_64_bit_keys_is_refused():
    corners = torch.tensor([[0.0, 0.0, 0.0], [3e6, 3e6, 3e6]])
    with pytest.raises(DataError, match='64-bit'):
        voxelize([corners], 1.0)
    # the same extent along one axis only is fine
    assert len(voxelize([corners * torch.tensor([1.0, 0.0, 0.0])], 1.0)) == 2


@pytest.mark.parametrize('xyz', [torch.rand(5), torch.rand(5, 2), torch.rand(5, 6), torch.rand(5, 3, 1)])
def test_points_have_three_coordinates(xyz):
    with pytest.raises(DataError, match=r'expected \[N, 3\]'):
        voxelize([xyz], 0.1)


@pytest.mark.parametrize(
    ('scenes', 'message'),
    [
        ([np.ones((5, 3))], 'positions are a ndarray; expected a torch tensor'),
        (np.ones((5, 3)), 'are a ndarray; expected a list of tensors'),
        (torch.ones(5, 3), 'are a Tensor; expected a list of tensors'),
        ([torch.ones(5, 3, device='meta')], 'on the meta device'),
        ([torch.ones(5, 3).to_sparse()], 'of layout'),
        ([torch.ones(5, 3, dtype=torch.complex64)], 'expected real numbers'),
        ([torch.tensor(1.0)], r'shape \[\]'),
    ],
)
def test_clouds_are_tensors(scenes, message):
    with pytest.raises(DataError, match=message):
        voxelize(scenes)


@pytest.mark.parametrize('size', [0, -1.0, float('nan'), float('inf'), 'a', None])
def test_voxels_have_a_size(size):
    with pytest.raises(DataError, match='a size above 0'):
        voxelize([torch.rand(5, 3)], size)


@pytest.mark.parametrize('values', [torch.ones(3, 2), torch.ones(5), torch.ones(5, 2, device='meta')])
def test_values_belong_to_the_points(values):
    with pytest.raises(DataError, match=r'expected \[5, C\]'):
        voxelize([torch.rand(5, 3)]).mean(values)


@pytest.mark.parametrize('kind', [torch.float16, torch.bfloat16, torch.int32])
def test_means_of_many_points_in_small_types(kind):
    values = torch.full((5000, 1), 30, dtype=kind)
    mean = voxelize([torch.rand(5000, 3)], 10.0).mean(values)
    assert mean.item() == 30 and mean.dtype == (torch.float32 if kind == torch.int32 else kind)
