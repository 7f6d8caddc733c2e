"""Visible pixels of points, against the published program."""

import numpy as np
import pytest
import torch
from fixture_paths import fixture_folder

from uniseg3d.geometry.projection import find_visible, height_scaled_intrinsics


@pytest.fixture(scope='module')
def case():
    return dict(np.load(fixture_folder('sas') / 'projection.npz'))


def dense(found):
    """Mapping [V, N, 3] as the reference writes it: row, column, 1; zeros where a point is not seen."""
    table = np.zeros((found.views, found.points, 3), dtype=np.int64)
    values = torch.stack([found.row, found.column, torch.ones_like(found.row)], 1)
    table[found.view.numpy(), found.point.numpy()] = values.numpy()
    return table


def visible(case, intrinsics, with_depth=True, **options):
    depth = torch.from_numpy(case['depth_mm'].astype(np.float64) / float(case['depth_scale'])) if with_depth else None
    points, poses = torch.from_numpy(case['points']), torch.from_numpy(case['cam_to_world'])
    return find_visible(points, poses, intrinsics, tuple(case['image_wh'].tolist()), depth, **options)


def check(case, found, expected):
    sure = ~case['ambiguous']
    assert sure.mean() > 0.9 and expected[sure][:, 2].sum() > 100
    np.testing.assert_array_equal(dense(found)[sure], expected[sure])


def test_relative_depth(case):
    intrinsics = torch.from_numpy(case['intrinsic_used'])[None]
    check(case, visible(case, intrinsics, tolerance=0.25, border=10), case['mapping_thr025_cut10'])


def test_a_camera_for_each_view(case):
    intrinsics = torch.from_numpy(case['intrinsic_perframe'])
    check(case, visible(case, intrinsics, tolerance=0.02, border=10), case['mapping_thr002_cut10_perframeK'])


def test_without_depth(case):
    intrinsics = torch.from_numpy(case['intrinsic_perframe'])
    check(case, visible(case, intrinsics, with_depth=False, border=5), case['mapping_nodepth_cut5_perframeK'])


def test_a_few_points_at_a_time(case, monkeypatch):
    intrinsics = torch.from_numpy(case['intrinsic_perframe'])
    whole = visible(case, intrinsics, tolerance=0.02)
    monkeypatch.setattr('uniseg3d.geometry.projection.PAIRS', 1)
    parts = visible(case, intrinsics, tolerance=0.02)
    assert all(torch.equal(getattr(whole, name), getattr(parts, name)) for name in ('view', 'point', 'row', 'column'))


def test_intrinsics_of_resized_images(case):
    examples = [name for name in case if name.startswith('adjust_out_')]
    assert examples
    for name in examples:
        letter, old, _, new = name.removeprefix('adjust_out_').split('_')
        sizes = [tuple(int(side) for side in text.split('x')) for text in (old, new)]
        got = height_scaled_intrinsics(torch.from_numpy(case[f'adjust_in_{letter}']), *sizes)
        np.testing.assert_array_equal(got.numpy(), case[name])
    used = height_scaled_intrinsics(torch.from_numpy(case['intrinsic_640x480']), (640, 480), tuple(case['image_wh'].tolist()))
    np.testing.assert_array_equal(used.numpy(), case['intrinsic_used'])
