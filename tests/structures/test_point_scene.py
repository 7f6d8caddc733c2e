import pytest
import torch

from uniseg3d.structures import PointScene
from uniseg3d.utils.errors import DataError


def test_a_scene_counts_its_points():
    assert len(PointScene('s', torch.zeros(7, 3), torch.zeros(7, 1))) == 7


def test_no_points_are_refused_with_the_scene():
    with pytest.raises(DataError, match=r'scene s: the cloud has no points'):
        PointScene('s', torch.zeros(0, 3), torch.zeros(0, 6))


@pytest.mark.parametrize('field', ['voxel_coords', 'rows'])
def test_optional_fields_have_one_row_per_point(field):
    value = torch.zeros(4, 3) if field == 'voxel_coords' else torch.zeros(4, dtype=torch.long)
    with pytest.raises(DataError, match=rf'PointScene\.{field}: expected shape \(5'):
        PointScene('s', torch.zeros(5, 3), torch.zeros(5, 6), **{field: value})


@pytest.mark.parametrize('field', ['xyz', 'voxel_coords'])
@pytest.mark.parametrize('value', [torch.nan, torch.inf])
def test_positions_are_finite(field, value):
    good, bad = torch.zeros(5, 3), torch.zeros(5, 3)
    bad[1:3, 0] = value
    fields = {'xyz': good, 'features': good, field: bad}
    with pytest.raises(DataError, match=rf'scene s: PointScene\.{field}: 2 of 5 rows have NaN or infinite values'):
        PointScene('s', **fields)
