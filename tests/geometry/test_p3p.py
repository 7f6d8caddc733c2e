import torch
from geometry_samples import random_points, random_poses

from uniseg3d.geometry.p3p import poses_of_triples
from uniseg3d.geometry.se3 import apply_pose, check_poses, invert_pose


def triples(count, seed=0):
    """World points, unit rays and true world-to-camera poses of triples before their cameras."""
    seen = random_points(count, 3, seed=seed)
    seen[..., 2] = seen[..., 2].abs() + 2
    poses = random_poses(count, seed=seed)
    return apply_pose(invert_pose(poses), seen), torch.nn.functional.normalize(seen, dim=-1), poses


def test_one_of_the_answers_is_the_pose():
    points, rays, truth = triples(300)
    poses = poses_of_triples(points, rays)
    assert poses.shape == (300, 4, 4, 4)
    error = (poses - truth[:, None]).abs().flatten(2).amax(-1).amin(1)
    assert error.quantile(0.95) < 1e-8 and error.max() < 1e-4  # the worst have two roots that nearly meet
    check_poses(poses, 'triples')


def test_what_cannot_be_solved_still_gives_poses():
    points, rays, _ = triples(4)
    points[0] = points[0, :1]  # one place
    points[1, 2] = 2 * points[1, 1] - points[1, 0]  # a line
    rays[2] = rays[2, :1]  # one ray
    points[3, 1] = points[3, 0]
    check_poses(poses_of_triples(points, rays), 'triples')
