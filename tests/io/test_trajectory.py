import pytest
import torch
from geometry_samples import random_poses

from uniseg3d.io.trajectory import read_trajectory, write_trajectory
from uniseg3d.utils.errors import DataError, FileFormatError


@pytest.mark.parametrize('order', ['xyzw', 'wxyz'])
def test_written_and_read_again(tmp_path, order):
    poses, times = random_poses(20), torch.linspace(1.5e9, 1.5e9 + 2, 20).double()
    write_trajectory(tmp_path / 'poses.txt', times, poses, order)
    trajectory = read_trajectory(tmp_path / 'poses.txt', order)
    torch.testing.assert_close(trajectory.poses, poses, atol=1e-7, rtol=0)
    torch.testing.assert_close(trajectory.times, times, atol=1e-6, rtol=0)


def test_a_line_by_hand(tmp_path):
    """A quarter turn about z at (1, 2, 3): the real part stands last."""
    path = tmp_path / 'groundtruth.txt'
    path.write_text('# time tx ty tz qx qy qz qw\n\n10.5 1 2 3 0 0 0.70710678 0.70710678\n11,0,0,0,0,0,0,1\n')
    times, poses = read_trajectory(path)
    assert times.tolist() == [10.5, 11]
    torch.testing.assert_close(poses[0], torch.tensor([[0.0, -1, 0, 1], [1, 0, 0, 2], [0, 0, 1, 3], [0, 0, 0, 1]]).double())
    write_trajectory(tmp_path / 'again.txt', times, poses)
    assert (tmp_path / 'again.txt').read_text().splitlines()[1] == '11.000000 0 0 0 0 0 0 1'


@pytest.mark.parametrize('numbers', [12, 16])
def test_matrices_have_line_numbers_for_times(tmp_path, numbers):
    poses = random_poses(3)
    lines = [' '.join(map(str, pose.flatten().tolist()[:numbers])) for pose in poses]
    (tmp_path / 'poses.txt').write_text('\n'.join(lines))
    trajectory = read_trajectory(tmp_path / 'poses.txt')
    torch.testing.assert_close(trajectory.poses, poses)
    assert trajectory.times.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('', 'holds no pose'),
        ('# only a comment', 'holds no pose'),
        ('1 2 3', 'line 1: 3 numbers; expected 8'),
        ('1 0 0 0 0 0 0 1\n' + '1 ' * 16, 'line 2: 16 numbers'),
        ('1 0 0 x 0 0 0 1', "line 1: expected numbers, got '1 0 0 x"),
        ('1 0 0 0 0 0 0 0', 'not a unit quaternion'),
        ('1 0 0 nan 0 0 0 1', 'pose 0 contains NaN'),
        ('2 0 0 0 0 2 0 0 0 0 2 0 0 0 0 1', 'pose 0 is no rigid motion'),
    ],
)
def test_files_that_are_no_trajectory(tmp_path, text, message):
    path = tmp_path / 'poses.txt'
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        read_trajectory(path)


def test_other_bad_input(tmp_path):
    with pytest.raises(DataError, match='cannot read'):
        read_trajectory(tmp_path / 'missing.txt')
    (tmp_path / 'photo.jpg').write_bytes(b'\xff\xd8\xff')
    with pytest.raises(FileFormatError, match='is no text'):
        read_trajectory(tmp_path / 'photo.jpg')
    with pytest.raises(DataError, match='unknown order of quaternions "zyxw"'):
        write_trajectory(tmp_path / 'poses.txt', torch.zeros(2), random_poses(2), 'zyxw')
    with pytest.raises(DataError, match='1 time stamps and 2 poses'):
        write_trajectory(tmp_path / 'poses.txt', torch.zeros(1), random_poses(2))
    assert not (tmp_path / 'poses.txt').exists()
