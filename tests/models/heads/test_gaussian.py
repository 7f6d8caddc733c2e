"""Heads of gaussians: shapes, limits, and raw numbers that mean nothing."""

import pytest
import torch

from uniseg3d.models.heads.dpt import DPT, DPTTrunk
from uniseg3d.models.heads.gaussian import CentreHead, GaussianAdapter, GaussianHead, band_damping, turning
from uniseg3d.utils.errors import ConfigError

TRUNK = {'widths': (8, 6, 6, 6), 'hooks': (0, 1, 2, 3), 'layer_dims': (2, 4, 6, 8), 'dim': 4}
SIZE = (32, 48)


def layers(dtype=torch.float32):
    torch.manual_seed(0)
    return [torch.randn(2, 6, width).to(dtype) for width in TRUNK['widths']]


def test_every_pixel_gets_its_numbers():
    head = GaussianHead(DPTTrunk(**TRUNK), degree=2)
    assert head(layers(), torch.rand(2, 3, *SIZE)).shape == (2, *SIZE, 8 + 27)
    assert CentreHead(DPT(**TRUNK, out_channels=3))(layers(), SIZE).shape == (2, *SIZE, 3)


def test_points_may_start_before_the_camera():
    head = CentreHead(DPT(**TRUNK, out_channels=3), start=2.0)
    torch.nn.init.zeros_(head.dpt.head[-1].weight)
    torch.testing.assert_close(head(layers(), SIZE).detach()[1, 5, 7], torch.tensor([0.0, 0.0, 2.0]))


def test_the_image_itself_is_looked_at():
    head = GaussianHead(DPTTrunk(**TRUNK), degree=0).eval()
    image = torch.rand(2, 3, *SIZE)
    changed = image.clone()
    changed[0, :, 5, 7] += 1
    difference = (head(layers(), image) - head(layers(), changed)).detach().abs().amax(-1)  # [2, H, W]
    assert difference[0, 5, 7] > 0 and difference[1].amax() == 0 and difference[0, 20, 40] == 0


@pytest.mark.parametrize('dtype', [torch.float32, torch.bfloat16])
def test_heads_compute_in_float32(dtype):
    with torch.autocast('cpu', torch.bfloat16):
        raw = GaussianHead(DPTTrunk(**TRUNK), degree=0)(layers(dtype), torch.rand(2, 3, *SIZE).to(dtype))
    assert raw.dtype == torch.float32


def test_limits_of_the_numbers():
    raw = torch.tensor([[-50.0, 1e6, 0.0, -50.0, 0.0, 0.0, 0.0, 2.0, *range(1, 13)]])
    parts = GaussianAdapter(unit=0.01, largest=0.5)(torch.zeros(1, 3), raw)
    assert parts.opacities.item() < 1e-6 and parts.scales[0, 0] == 0.5 and parts.scales[0, 2] >= 0
    torch.testing.assert_close(parts.scales[0, 1], torch.tensor(0.01 * 0.6931472))
    torch.testing.assert_close(parts.quaternions, torch.tensor([[2.0, 0, 0, 0]]))  # real part first
    torch.testing.assert_close(parts.covariances[0], torch.diag(parts.scales[0] ** 2))
    torch.testing.assert_close(parts.harmonics[0, 1], torch.tensor([5.0, 0.025 * 6, 0.025 * 7, 0.025 * 8]))


def test_a_rotation_of_nothing_turns_nothing_and_has_a_gradient():
    rotations = torch.zeros(1, 4, requires_grad=True)
    turned = turning(rotations)
    assert turned.tolist() == [[1, 0, 0, 0]]
    turned.square().sum().backward()
    assert rotations.grad.isfinite().all()
    assert torch.equal(turning(torch.full((2, 4), 0.3)), torch.full((2, 4), 0.3))


def test_no_gaussians_are_normal():
    parts = GaussianAdapter()(torch.zeros(2, 0, 3), torch.zeros(2, 0, 83))
    assert parts.covariances.shape == (0, 3, 3) and parts.harmonics.shape == (0, 3, 25)


def test_bands_must_be_whole():
    assert band_damping(4, 0.1, 0.25) == [1.0, 0.025, 0.025, 0.025]
    with pytest.raises(ConfigError, match='5 harmonics per colour'):
        band_damping(5, 0.1, 0.25)


def test_gaussians_may_start_with_the_colours_of_their_pixels():
    torch.manual_seed(0)
    plain, own = (GaussianHead(DPTTrunk(**TRUNK), degree=1, own_colors=wanted).eval() for wanted in (False, True))
    own.load_state_dict(plain.state_dict())
    image = torch.rand(2, 3, *SIZE) * 2 - 1
    added = (own(layers(), image) - plain(layers(), image)).detach()
    assert added[..., :8].abs().max() == 0
    harmonics = added[..., 8:].unflatten(-1, (3, 4))
    torch.testing.assert_close(harmonics[..., 0] * 0.28209479 + 0.5, (image.movedim(1, -1) + 1) / 2)
    assert harmonics[..., 1:].abs().max() < 1e-6
