"""Maps of four resolutions from one resolution."""

import pytest
import torch

from uniseg3d.models.encoders.vit_adapter import ViTAdapter
from uniseg3d.models.layers.conv_feed_forward import ConvFeedForward
from uniseg3d.utils.errors import ConfigError

DIM = 16


def make(norm='group', extra=1):
    torch.manual_seed(0)
    return ViTAdapter(DIM, (0, 1, 2, 3), planes=4, heads=2, points=2, extra=extra, norm=norm).eval()


def inner(images):
    torch.manual_seed(1)
    return [torch.randn(len(images), images.shape[2] * images.shape[3] // 256, DIM) for _ in range(4)]


@pytest.mark.parametrize(('size', 'coarsest'), [((64, 96), (2, 3)), ((48, 80), (2, 3)), ((16, 16), (1, 1))])
@torch.no_grad()
def test_sizes_of_the_maps_also_of_odd_grids(size, coarsest):
    images = torch.rand(2, 3, *size)
    shapes = [tuple(map_.shape) for map_ in make()(images, inner(images))]
    assert shapes == [(2, DIM, size[0] // s, size[1] // s) for s in (4, 8, 16)] + [(2, DIM, *coarsest)]


@torch.no_grad()
def test_images_do_not_depend_on_each_other_with_group_norms():
    adapter, images = make().train(), torch.rand(2, 3, 32, 32)
    seen = inner(images)
    together, alone = adapter(images, seen), adapter(images[1:], [patches[1:] for patches in seen])
    for one, other in zip(together, alone, strict=True):
        torch.testing.assert_close(one[1:], other)


def test_gradients_reach_all_that_it_reads():
    adapter, images = make('batch').train(), torch.rand(2, 3, 32, 32)
    seen = [patches.requires_grad_() for patches in inner(images)]
    sum(map_.square().sum() for map_ in adapter(images, seen)).backward()
    assert all(patches.grad.abs().sum() > 0 for patches in seen)
    assert all(p.grad is not None for p in adapter.parameters())


def test_the_last_block_is_read_again():
    assert [len(extractors) for extractors in make(extra=2).interactions] == [1, 1, 1, 3]


def test_norms_that_do_not_exist_are_named():
    with pytest.raises(ConfigError, match="norm 'layer' is unknown; expected one of batch, group"):
        make('layer')


@torch.no_grad()
def test_cells_mix_with_neighbours_of_their_own_map_only():
    torch.manual_seed(0)
    layer, shapes = ConvFeedForward(8, 4), [(3, 4), (2, 2)]
    tokens = torch.randn(1, 16, 8)
    changed = tokens.clone()
    changed[0, 0] += 1
    moved = (layer(tokens, shapes) - layer(changed, shapes)).abs().amax(-1)[0] > 1e-6
    assert moved.nonzero()[:, 0].tolist() == [0, 1, 4, 5]


@torch.no_grad()
def test_small_patches_and_enlarged_images():
    torch.manual_seed(0)
    adapter = ViTAdapter(DIM, (0, 0, 1, 1), planes=4, heads=2, points=2, extra=0, norm='group', patch=8, enlarge=2).eval()
    assert len(adapter.interactions[-1]) == 1
    maps = adapter(torch.rand(2, 3, 16, 32), [torch.randn(2, 8, DIM) for _ in range(2)])
    assert [tuple(map_.shape[-2:]) for map_ in maps] == [(8, 16), (4, 8), (2, 4), (1, 2)]
