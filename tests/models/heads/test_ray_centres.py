"""Gaussians of small networks: on the rays of known cameras, from tokens alone."""

import pytest
import torch

from uniseg3d.geometry.depth import camera_rays
from uniseg3d.models.heads.patch_trunk import PatchTrunk
from uniseg3d.models.heads.ray_centres import RayCentreHead
from uniseg3d.utils.errors import ConfigError

SIZE = (16, 24)
CAMERAS = torch.tensor([[[20.0, 0, 11], [0, 20, 8], [0, 0, 1]], [[30.0, 0, 11.5], [0, 28, 7.5], [0, 0, 1]]])


def test_points_lie_on_the_rays_of_their_own_cameras():
    torch.manual_seed(0)
    points = RayCentreHead(12, patch=8)([torch.randn(2, 6, 12)], SIZE, CAMERAS).detach()
    assert points.shape == (2, *SIZE, 3)
    torch.testing.assert_close(points / points[..., 2:], camera_rays(CAMERAS, *SIZE))
    assert (points[..., 2].log() - torch.tensor(2.0).log()).abs().max() < 0.7, 'nearly a wall at first'


def test_each_patch_speaks_for_its_own_pixels():
    head, tokens = RayCentreHead(12, patch=8), torch.randn(1, 6, 12)
    changed = tokens.clone()
    changed[0, 4] += 1  # second row, second column
    different = (head([tokens], SIZE, CAMERAS[:1]) != head([changed], SIZE, CAMERAS[:1])).any(-1)[0]
    assert different[8:, 8:16].all() and different.sum() == 64


def test_half_precision_around_it_does_not_matter():
    head, tokens = RayCentreHead(12, patch=8), torch.randn(2, 6, 12)
    with torch.autocast('cpu', torch.bfloat16):
        inside = head([tokens], SIZE, CAMERAS)
    assert inside.dtype == torch.float32 and torch.equal(inside, head([tokens], SIZE, CAMERAS))


def test_a_map_of_half_the_size_from_first_and_last_layer():
    trunk, layers = PatchTrunk((12, 10), patch=8, dim=4), [torch.randn(2, 6, 12), torch.randn(2, 6, 7), torch.randn(2, 6, 10)]
    fused = trunk.fuse(layers, SIZE)
    assert fused.shape == (2, 4, 8, 12)
    layers[1] = layers[1] + 1
    assert torch.equal(trunk.fuse(layers, SIZE), fused), 'what lies between is not read'
    layers[0] = torch.cat([layers[0][:, :-1], layers[0][:, -1:] + 1], 1)
    different = (trunk.fuse(layers, SIZE) != fused).any(1)
    assert different[:, 4:, 8:].all() and not different[:, :4].any()


@pytest.mark.parametrize('wrong', [{'widths': (12,)}, {'widths': (12, 12), 'patch': 7}])
def test_what_configs_get_wrong(wrong):
    with pytest.raises(ConfigError, match='two widths and an even patch'):
        PatchTrunk(**wrong)
