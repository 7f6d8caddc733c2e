"""Images to tokens."""

import pytest
import torch

from uniseg3d.models.layers.patch_embed import ManyAspectPatchEmbed, PatchEmbed
from uniseg3d.utils.errors import DataError


def test_every_patch_is_mapped_alike():
    layer, images = PatchEmbed(5, patch=4), torch.randn(2, 3, 8, 12)
    tokens, positions = layer(images)
    assert tokens.shape == (2, 6, 5) and positions.tolist() == [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]
    patch = images[1, :, 4:8, 8:12]
    expected = layer.proj.weight.flatten(1) @ patch.flatten() + layer.proj.bias
    torch.testing.assert_close(tokens[1, 5], expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize('size', [(8, 10), (9, 8), (2, 2)])
def test_sizes_that_do_not_divide_are_named(size):
    with pytest.raises(DataError, match=rf'{size[0]} x {size[1]}.*multiples of 4'):
        PatchEmbed(5, patch=4)(torch.zeros(1, 3, *size))


def test_portraits_are_as_if_alone_and_upright():
    layer, stored = ManyAspectPatchEmbed(5, patch=4), torch.randn(3, 3, 8, 12)
    tokens, positions = layer(stored, torch.tensor([[8, 12], [12, 8], [8, 12]]))
    upright, standing = layer(stored[1:2].transpose(2, 3))
    torch.testing.assert_close(tokens[1:2], upright)
    torch.testing.assert_close(tokens[::2], layer(stored[::2])[0])
    assert torch.equal(positions[1], standing) and torch.equal(positions[0], layer(stored)[1])


def test_gradients_flow_through_a_mixed_batch():
    layer, stored = ManyAspectPatchEmbed(5, patch=4), torch.randn(2, 3, 8, 12, requires_grad=True)
    layer(stored, torch.tensor([[8, 12], [12, 8]]))[0].square().sum().backward()
    assert (stored.grad.flatten(1) != 0).all()


def test_landscapes_alone_share_their_positions():
    layer, images = ManyAspectPatchEmbed(5, patch=4), torch.randn(2, 3, 8, 12)
    for shapes in (None, torch.tensor([[8, 12], [8, 12]])):
        tokens, positions = layer(images, shapes)
        assert positions.shape == (6, 2)
        torch.testing.assert_close(tokens, PatchEmbed.forward(layer, images)[0])


@pytest.mark.parametrize(
    ('size', 'shapes', 'message'),
    [((12, 8), [[12, 8]], 'transpose'), ((8, 12), [[8, 16]], 'stored as 8 x 12'), ((8, 12), [[12, 12]], 'stored as 8 x 12')],
)
def test_shapes_that_do_not_fit_are_named(size, shapes, message):
    with pytest.raises(DataError, match=message):
        ManyAspectPatchEmbed(5, patch=4)(torch.zeros(1, 3, *size), torch.tensor(shapes))
