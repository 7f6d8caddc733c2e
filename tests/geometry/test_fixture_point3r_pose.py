"""Family viii: pose encodings, quaternions, focal lengths and registration."""

import torch
from point3r_archives import assert_equals, tensor

from uniseg3d.geometry.alignment import register_pose
from uniseg3d.geometry.focal import focal_median, focal_weiszfeld
from uniseg3d.geometry.pose_encoding import activate_pose, deactivate_pose, decode_pose, encode_pose, relative_encoding
from uniseg3d.geometry.quaternion import matrix_to_quaternion, quaternion_to_matrix
from uniseg3d.geometry.radial import exp_length
from uniseg3d.geometry.se3 import invert_pose, relative_pose


def of(key):
    return tensor('viii_pose', key)


def compare(result, key, tolerance=1e-6):
    assert_equals(result, of(f'out/{key}'), key, tolerance)


def test_encoding_and_back():
    compare(encode_pose(of('in/cam2world')), 'pose_encoding')
    compare(decode_pose(of('out/pose_encoding')), 'cam2world_back')
    compare(quaternion_to_matrix(of('in/unnormalised_quaternion')), 'quaternion_to_matrix')


def test_activation_of_a_head():
    compare(activate_pose(of('in/raw_pose')), 'postprocessed_pose')
    compare(decode_pose(of('out/postprocessed_pose')), 'cam_from_postprocessed')


def test_the_original_takes_the_logarithm_twice_on_the_way_back():
    """Its inverse shortens the translation by ln(1 + d)/d once too often; ours leads back to the head's answer."""
    pose, raw = of('out/postprocessed_pose'), of('in/raw_pose')
    inverse = deactivate_pose(pose)
    torch.testing.assert_close(inverse[:, :3], raw[:, :3], rtol=1e-4, atol=1e-5)
    length = pose[:, :3].norm(dim=-1, keepdim=True).clamp(min=1e-8)
    compare(torch.cat([inverse[:, :3] * length.log1p() / length, inverse[:, 3:]], -1), 'inverse_postprocess')


def test_relative_poses():
    rotation = of('out/pose_encoding')[:, 3:]
    first = torch.cat([of('in/t1'), rotation], -1)
    second = torch.cat([of('in/t2'), rotation.roll(1, 0)], -1)  # the partner of each camera is the one before it
    relative = relative_encoding(first, second)
    compare(relative[:, :3], 'relative_translation')
    torch.testing.assert_close(quaternion_to_matrix(relative[:, 3:]), quaternion_to_matrix(of('out/relative_quaternion')))
    matrices = relative_pose(decode_pose(first), decode_pose(second))
    torch.testing.assert_close(matrix_to_quaternion(matrices[:, :3, :3]), relative[:, 3:])
    eye = torch.eye(4).expand_as(matrices)
    torch.testing.assert_close(invert_pose(of('in/cam2world')) @ of('in/cam2world'), eye, atol=1e-5, rtol=0)


def test_lengths_of_pointmaps():
    xyz = of('in/xyz')
    compare(exp_length(xyz), 'exp_depth')
    compare(exp_length(xyz * xyz[..., 2:].sign()), 'exp_depth_pos_z')


def test_focal_lengths():
    points, middle = of('in/focal_pts'), of('in/focal_pp')
    compare(focal_weiszfeld(points, middle), 'focal_weiszfeld')
    compare(focal_median(points, middle), 'focal_median')


def test_weighted_registration():
    compare(register_pose(of('in/procrustes_a'), of('in/procrustes_b'), of('in/procrustes_w')), 'procrustes_T', 5e-6)
