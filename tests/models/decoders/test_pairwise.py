"""Images that look at each other."""

import pytest
import torch

from uniseg3d.models.decoders.pairwise import PairwiseDecoder, remap_keys
from uniseg3d.ops.rope import grid_positions
from uniseg3d.utils.errors import DataError


@pytest.fixture
def decoder():
    torch.manual_seed(0)
    return PairwiseDecoder(in_dim=8, dim=16, depth=3, heads=2).eval()


def tokens(count, seed=0):
    return torch.randn(2, count, 8, generator=torch.Generator().manual_seed(seed))


def test_layers(decoder):
    features = [tokens(6), tokens(4, 1)]
    layers = decoder(features, [grid_positions(2, 3), grid_positions(2, 2)])
    assert [len(image) for image in layers] == [4, 4]
    assert layers[0][0] is features[0] and layers[1][0] is features[1]
    assert {tuple(layer.shape) for layer in layers[1][1:]} == {(2, 4, 16)}
    torch.testing.assert_close(layers[0][-1].mean(-1), torch.zeros(2, 6), atol=1e-5, rtol=0)


def test_both_read_the_layer_before(decoder):
    """The first layer written out."""
    features, places = [tokens(6), tokens(4, 1)], [grid_positions(2, 3), grid_positions(2, 2)]
    turns = [decoder.rope(place, 8) for place in places]
    first, second = (decoder.embed(part) for part in features)
    layers = decoder(features, places)
    torch.testing.assert_close(layers[0][1], decoder.blocks[0](first, second, *turns))
    torch.testing.assert_close(layers[1][1], decoder.other_blocks[0](second, first, *turns[::-1]))


def test_positions_may_differ_within_a_batch(decoder):
    features = [tokens(6), tokens(6, 1)]
    lying, standing = grid_positions(2, 3), grid_positions(3, 2)
    mixed = decoder(features, [torch.stack([lying, standing]), lying])
    for row, places in enumerate((lying, standing)):
        alone = decoder([part[row : row + 1] for part in features], [places, lying])
        torch.testing.assert_close(mixed[0][-1][row : row + 1], alone[0][-1], atol=1e-5, rtol=1e-5)


def test_of_three_images_each_sees_two(decoder):
    features = [tokens(4, seed) for seed in range(3)]
    places = [grid_positions(2, 2)] * 2 + [grid_positions(2, 2).expand(2, 4, 2)]
    layers = decoder(features, places)
    changed = decoder([*features[:2], tokens(4, 9)], places)
    for image in (0, 1):
        assert not torch.allclose(layers[image][1], changed[image][1], atol=1e-3)
    swapped = decoder([features[0], features[2], features[1]], places)
    torch.testing.assert_close(swapped[1][-1], layers[2][-1], atol=1e-5, rtol=1e-5)


def test_nothing_to_look_at(decoder):
    with pytest.raises(DataError, match='1 image has none to look at'):
        decoder([tokens(4)], [grid_positions(2, 2)])


def test_a_file_of_one_stack_fills_both():
    names = ['decoder_embed.bias', 'dec_blocks.0.norm1.bias', 'dec_norm.bias', 'enc_norm.bias']
    found = remap_keys({name: name for name in names})
    assert found['other_blocks.0.norm1.bias'] == 'dec_blocks.0.norm1.bias' and 'norm.bias' in found
    both = remap_keys({name: name for name in [*names, 'dec_blocks2.0.norm1.bias']})
    assert both['other_blocks.0.norm1.bias'] == 'dec_blocks2.0.norm1.bias' and len(both) == len(found)


def test_images_may_start_by_seeking_what_is_alike():
    """Each token gives most of its attention to the one of the other image that is the same."""
    torch.manual_seed(0)
    decoder = PairwiseDecoder(in_dim=16, dim=64, depth=1, heads=2, seek_alike=3.0)
    block, shown = decoder.blocks[0], torch.randn(1, 6, 64)
    seen = block.look_at(shown)
    query = block.cross_attn.projq(block.norm2(shown)).unflatten(-1, (2, 32)).transpose(1, 2)
    assert ((query @ seen.key.mT).argmax(-1) == torch.arange(6)).all()
