"""From tokens to points: activations, patches, the dense trunk."""

import pytest
import torch

from uniseg3d.models.heads.descriptor import DescriptorHead
from uniseg3d.models.heads.dpt import DPT, Fusion, ResidualUnit, remap_keys
from uniseg3d.models.heads.pointmap import DPTPointmapHead, LinearPointmapHead, PointActivation, patches_to_pixels
from uniseg3d.utils.errors import ConfigError

WIDTHS, DIMS = (6, 8, 8, 8), (2, 4, 4, 6)


def trunk(**options):
    torch.manual_seed(0)
    return DPT(WIDTHS, (0, 1, 2, 3), DIMS, dim=8, **options)


def layers(size, batch=2):
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(batch, size[0] * size[1] // 256, width, generator=generator) for width in WIDTHS]


def test_lengths_grow_exponentially():
    raw = torch.tensor([[[[0.0, 0.0, 2.0, 0.5], [0.0, 0.0, 0.0, -20.0]]]])
    answers = PointActivation()(raw)
    torch.testing.assert_close(answers.points[0, 0], torch.tensor([[0, 0, 2.718281828**2 - 1], [0, 0, 0]]))
    torch.testing.assert_close(answers.confidence[0, 0], torch.tensor([1 + 2.718281828**0.5, 1.0]))


def test_other_activations():
    raw = torch.randn(1, 2, 2, 4)
    answers = PointActivation('linear', least=0.0, most=1.5)(raw)
    assert torch.equal(answers.points, raw[..., :3])
    torch.testing.assert_close(answers.confidence, raw[..., 3].exp().clamp(max=1.5))
    with pytest.raises(ConfigError, match='exp, linear'):
        PointActivation('cubic')


def test_pixels_of_patches():
    """Channel first, then row, then column within a patch."""
    tokens = torch.arange(2 * 8.0).reshape(1, 2, 8)  # two patches side by side, two channels, 2 x 2 pixels
    pixels = patches_to_pixels(tokens, (2, 4), 2)
    assert pixels.shape == (1, 2, 4, 2)
    assert pixels[0, :, :, 0].tolist() == [[0, 1, 8, 9], [2, 3, 10, 11]]
    assert pixels[0, :, :, 1].tolist() == [[4, 5, 12, 13], [6, 7, 14, 15]]


@pytest.mark.parametrize('size', [(32, 48), (48, 80), (16, 16), (112, 48)])
def test_the_trunk_takes_odd_and_even_grids(size):
    maps = trunk(out_channels=3)(layers(size), size)
    assert maps.shape == (2, 3, *size)


def test_half_resolution_before_the_head():
    assert trunk().fuse(layers((48, 80)), (48, 80)).shape == (2, 8, 24, 40)


def test_hooks_pick_layers():
    model, given = trunk(), layers((32, 32))
    model.hooks = (0, 2, 4, 5)
    spread = [given[0], torch.full_like(given[1], 9.0), given[1], torch.full_like(given[1], 9.0), *given[2:]]
    chosen = model(spread, (32, 32))
    model.hooks = (0, 1, 2, 3)
    torch.testing.assert_close(chosen, model(given, (32, 32)))
    with pytest.raises(ConfigError, match='beyond layer 2'):
        model(given[:3], (32, 32))


def test_units_add_to_what_came_in():
    unit, maps = ResidualUnit(4), torch.randn(1, 4, 5, 5)
    torch.nn.init.zeros_(unit.conv2.weight)
    torch.nn.init.zeros_(unit.conv2.bias)
    assert torch.equal(unit(maps), maps)
    before = maps.clone()
    ResidualUnit(4)(maps)
    assert torch.equal(maps, before), 'nothing is changed in place'


def test_the_coarsest_fusion_has_nothing_to_add():
    fusion, maps = Fusion(4, with_skip=False), torch.randn(1, 4, 3, 3)
    assert fusion(maps).shape == (1, 4, 6, 6) and fusion.skip_unit is None


def test_four_numbers_each():
    with pytest.raises(ConfigError, match='four numbers'):
        DPT(WIDTHS[:3])


def test_published_names_of_the_trunk():
    names = remap_keys({
        'scratch.layer2_rn.weight': 'once', 'scratch.layer_rn.1.weight': 'twice', 'scratch.layer_rn.3.weight': 'only',
        'scratch.refinenet4.resConfUnit1.conv1.bias': 'idle', 'scratch.refinenet3.resConfUnit1.conv1.bias': 'skip',
        'scratch.refinenet4.resConfUnit2.conv1.bias': 'unit', 'scratch.refinenet1.out_conv.bias': 'out',
        'act_postprocess.0.1.weight': 'scale', 'head.4.bias': 'head',
    })  # fmt: skip
    assert names == {
        'adapt.1.weight': 'once', 'adapt.3.weight': 'only', 'fusions.2.skip_unit.conv1.bias': 'skip',
        'fusions.3.unit.conv1.bias': 'unit', 'fusions.0.out.bias': 'out',
        'reassemble.0.1.weight': 'scale', 'head.4.bias': 'head',
    }  # fmt: skip


def heads():
    torch.manual_seed(0)
    dense = DPTPointmapHead(trunk())
    return [LinearPointmapHead(8), dense, DescriptorHead(DPTPointmapHead(trunk()), (6, 8), 5, 1.0)]


@pytest.mark.parametrize('index', range(3))
def test_heads_compute_in_float32(index):
    head, given = heads()[index], layers((32, 48))
    exact = head(given, (32, 48))
    with torch.autocast('cpu', torch.bfloat16):
        inside = head(given, (32, 48))
        half = head([layer.bfloat16() for layer in given], (32, 48))
    assert torch.equal(exact.points, inside.points) and torch.equal(exact.confidence, inside.confidence)
    assert half.points.dtype == torch.float32


@pytest.mark.parametrize('index', range(3))
def test_gradients_reach_every_parameter(index):
    head = heads()[index]
    sum(part.square().sum() for part in head(layers((32, 48)), (32, 48)) if part is not None).backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in head.parameters())
    assert sum(not p.grad.any() for p in head.parameters()) == 0


def test_answers_of_one_image():
    answers = heads()[2](layers((32, 48)), (32, 48))
    one = answers.image(1)
    assert torch.equal(one.descriptors, answers.descriptors[1]) and one.confidence.shape == (32, 48)
    assert heads()[0](layers((32, 48)), (32, 48)).image(0).descriptors is None
