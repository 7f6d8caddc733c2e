"""Centre head, gaussian head and what raw numbers mean, against the original's numbers."""

import pytest
import siu3r_archives as archives
import torch
from siu3r_archives import assert_equals, sizes, tensor

from uniseg3d.geometry.quaternion import real_first
from uniseg3d.models.heads import gaussian
from uniseg3d.models.heads.dpt import DPT, DPTTrunk
from uniseg3d.models.heads.gaussian import CentreHead, GaussianAdapter, GaussianHead, band_damping
from uniseg3d.utils.weights import apply_weights

pytestmark = pytest.mark.full_set
NAME = 'gaussian_head'
CONFIG = 'cfg/B_H_W_encdim_decdim_featuredim_lastdim_shdegree'
IDLE = 'dpt.scratch.refinenet4.resConfUnit1.'


def trunk():
    _, _, _, enc_dim, dec_dim, dim, _, _ = sizes(NAME, CONFIG)
    widths = (enc_dim, dec_dim, dec_dim, dec_dim)
    return {'widths': widths, 'hooks': sizes(NAME, 'cfg/hooks'), 'layer_dims': sizes(NAME, 'cfg/layer_dims'), 'dim': dim}


def layers():
    hooks = sizes(NAME, 'cfg/hooks')
    return [tensor(NAME, f'in/tokens_{n if n in hooks else hooks[0]}') for n in range(max(hooks) + 1)]


def filled(head, ours, published):
    assert not apply_weights(head, ours)
    assert len(ours) == len([name for name in published if not name.startswith(IDLE)])
    return head.eval()


@torch.no_grad()
def test_centres():
    size, published = sizes(NAME, CONFIG)[1:3], archives.weights(NAME, 'point/w/')
    head = CentreHead(DPT(**trunk(), last_dim=sizes(NAME, CONFIG)[6], out_channels=3))
    filled(head, gaussian.remap_centre_keys(published), published)
    assert_equals(head.dpt(layers(), tuple(size)), tensor(NAME, 'out/point_raw_chw'), 'raw')
    assert_equals(head(layers(), tuple(size)), tensor(NAME, 'out/points_hwc'), 'points')


@torch.no_grad()
def test_raw_numbers():
    published = archives.weights(NAME, 'gs/w/')
    head = GaussianHead(DPTTrunk(**trunk()), sizes(NAME, CONFIG)[7])
    filled(head, gaussian.remap_keys(published), published)
    found = head(layers(), tensor(NAME, 'in/image'))
    assert_equals(found.permute(0, 3, 1, 2), tensor(NAME, 'out/gs_raw_chw'), 'raw')


def test_what_the_numbers_mean():
    found = GaussianAdapter()(tensor(NAME, 'adapter/means'), tensor(NAME, 'adapter/raw'))
    names = {name: name for name in ('means', 'covariances', 'opacities', 'scales', 'harmonics')}
    for ours, theirs in {**names, 'quaternions': 'rotations'}.items():
        expected = tensor(NAME, f'adapter/{theirs}').flatten(0, 1)
        assert_equals(getattr(found, ours), real_first(expected) if ours == 'quaternions' else expected, ours)
    harmonics = tensor(NAME, 'adapter/sh_mask')
    assert_equals(torch.tensor(band_damping(len(harmonics), 0.1, 0.25)), harmonics, 'damping')


def test_gaussians_stand_where_the_points_of_their_pixels_are():
    chosen = tensor(NAME, 'adapter/pixel_index')
    means = tensor(NAME, 'out/points_hwc').flatten(1, 2)[:, chosen]
    assert_equals(means, tensor(NAME, 'adapter/means'), 'means')
