"""Family vii: depth, trajectory and reconstruction measures."""

import pytest
import torch
from point3r_archives import archive, assert_equals, tensor

from uniseg3d.evaluation.functional.depth import depth_errors
from uniseg3d.evaluation.functional.reconstruction import align_by_medians, cloud_errors, completion_ratio
from uniseg3d.evaluation.functional.trajectory import align_trajectory, trajectory_errors

NAME = 'vii_metrics'
ALIGNMENTS = {
    'median': 'median',
    'lstsq': 'lstsq',
    'scale': 'scale',
    'lad2': 'scale&shift_original',
    'metric': 'metric',
}
VARIANTS = {
    'max70': {'max_depth': 70},
    'max70_clip70': {'max_depth': 70, 'clip': 70},
    'nomax': {},
    'float64gt_max70': {'max_depth': 70},
}


def of(key):
    return tensor(NAME, key)


def numbers(part):
    return sorted({key.split('/')[part.count('/')] for key in archive(NAME) if key.startswith(part)}, key=int)


def compare(errors, prefix):
    expected = {key.removeprefix(prefix): value.item() for key, value in archive(NAME).items() if key.startswith(prefix)}
    assert errors.original() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize('alignment', ALIGNMENTS)
@pytest.mark.parametrize('variant', VARIANTS)
def test_depth(alignment, variant):
    prefix = f'depth/{alignment}/{variant}/'
    truth = of('depth/gt')
    if variant.startswith('float64gt'):  # where nothing is measured these archives say -1
        truth = torch.where(truth > 0, truth.double(), -1.0)
        if alignment not in ('scale', 'lad2'):  # the archive holds this variant of two alignments
            prefix = f'depth/{alignment}/max70/'
    compare(depth_errors(of('depth/pred'), truth, ALIGNMENTS[alignment], **VARIANTS[variant]), prefix)


def test_depth_of_a_single_image():
    compare(depth_errors(of('depth/pred')[0], of('depth/gt')[0], 'median'), 'depth/mono_nyu_frame0/')


@pytest.mark.parametrize('precision', [torch.float64, torch.float32])
def test_trajectories(precision):
    tolerance = 1e-9 if precision == torch.float64 else 1e-4
    for number in numbers('traj/'):
        truth, prediction = (of(f'traj/{number}/{kind}_poses').to(precision) for kind in ('gt', 'pred'))
        errors = trajectory_errors(prediction, truth)
        expected = [of(f'traj/{number}/{key}').item() for key in ('ate', 'rpe_trans', 'rpe_rot_deg')]
        assert list(errors) == pytest.approx(expected, rel=tolerance)
        alignment = align_trajectory(prediction, truth)
        for key, value in alignment._asdict().items():
            assert_equals(value, of(f'traj/{number}/umeyama_{key}'), key, tolerance)


def test_clouds():
    clouds = {
        'acc': [of(f'pcd/{key}') for key in ('pred_points', 'gt_points', 'pred_normals', 'gt_normals')],
        'comp': [of(f'pcd/{key}') for key in ('gt_points', 'pred_points', 'gt_normals', 'pred_normals')],
    }
    for direction, given in clouds.items():
        expected = [of(f'pcd/{direction}/{key}').item() for key in ('mean', 'median', 'nc_mean', 'nc_median')]
        assert list(cloud_errors(*given)) == pytest.approx(expected, rel=1e-9)
    ratio = completion_ratio(of('pcd/pred_points'), of('pcd/gt_points'), 0.05)
    assert ratio == pytest.approx(of('pcd/completion_ratio_0.05').item(), rel=1e-6)


def test_alignment_of_a_reconstruction():
    frames = numbers('align/in/')
    prediction, truth, valid, poses = (
        torch.cat([of(f'align/in/{frame}/{key}') for frame in frames])
        for key in ('pred_world', 'pts3d', 'valid_mask', 'camera_pose')
    )
    aligned = align_by_medians(prediction, truth, valid, poses[0])
    for name, points in (('pred', aligned.prediction), ('gt', aligned.truth)):
        expected = torch.stack([of(f'align/out/{frame}/{name}_points') for frame in frames])
        assert_equals(points, expected, name)
    for key, value in (
        ('pred_scale', aligned.predicted_size),
        ('gt_scale', aligned.true_size),
        ('pred_shift_z', aligned.predicted_depth),
        ('gt_shift_z', aligned.true_depth),
    ):
        torch.testing.assert_close(value, of(f'align/out/{key}'), rtol=1e-5, atol=1e-6)
