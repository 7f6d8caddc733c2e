import pytest
import torch

from uniseg3d.models.layers.conv_patch_embed import ConvPatchEmbed
from uniseg3d.utils.errors import ConfigError, DataError


@pytest.mark.parametrize('patch', [2, 4, 16])
def test_one_token_per_patch_with_its_place(patch):
    tokens, positions = ConvPatchEmbed(32, patch)(torch.randn(2, 3, 3 * patch, 4 * patch))
    assert tokens.shape == (2, 12, 32) and positions.tolist()[5] == [1, 1]


def test_a_token_says_what_is_near_its_patch():
    embed = ConvPatchEmbed(16, 4, places=False)
    image = torch.zeros(1, 3, 16, 16, requires_grad=True)
    embed.proj[0](image)[0, :, 1, 1].sum().backward()
    assert image.grad[..., 4:, :].abs().sum() == 0


def test_a_token_may_know_where_its_patch_lies():
    """Of a blank image all patches away from the border are the same, unless places are told apart."""
    blank, inside = torch.zeros(1, 3, 48, 48), [5 * 12 + 5, 6 * 12 + 7]
    plain, placed = (ConvPatchEmbed(16, 4, places=places)(blank)[0][0, inside] for places in (False, True))
    assert torch.allclose(plain[0], plain[1], atol=1e-6) and (placed[0] - placed[1]).abs().max() > 1e-3


def test_sides_must_be_whole_patches_and_patches_powers_of_two():
    with pytest.raises(DataError, match='multiples of 4'):
        ConvPatchEmbed(16, 4)(torch.zeros(1, 3, 16, 18))
    with pytest.raises(ConfigError, match='patch must be 2, 4, 8'):
        ConvPatchEmbed(16, 12)


def test_gradients_reach_every_weight():
    embed = ConvPatchEmbed(16, 8)
    embed(torch.randn(1, 3, 16, 16))[0].square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.isfinite().all() for parameter in embed.parameters())
