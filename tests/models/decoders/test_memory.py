"""The decoder with memory: batches, mixed shapes, training's dropout, precision, and what depends on what."""

import pytest
import torch

from uniseg3d.models.decoders.memory import MemoryDecoder
from uniseg3d.models.layers.memory_block import FORMS
from uniseg3d.ops.rope import grid_positions
from uniseg3d.utils.errors import ConfigError, DataError

SHAPES = {6: (2, 3), 4: (2, 2), 1: (1, 1)}


def decoder(**options):
    torch.manual_seed(0)
    return MemoryDecoder(**{'in_dim': 8, 'dim': 16, 'depth': 3, 'heads': 2, 'mlp_ratio': 2.0, **options}).eval()


def images(*lengths, batch=1, seed=0):
    generator = torch.Generator().manual_seed(seed)
    features = [torch.randn(batch, count, 8, generator=generator) for count in lengths]
    return features, [grid_positions(*SHAPES[count]) for count in lengths]


def last(layers):
    return [own[-1] for own in layers]


def check_same(first, second):
    for ours, theirs in zip(first, second, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_layers_are_the_features_then_every_block_and_the_last_is_normalised():
    net, (features, positions) = decoder(), images(6, 4)
    layers, memory = net(features, positions)
    assert [len(own) for own in layers] == [4, 4] and layers[1][0] is features[1]
    torch.testing.assert_close(layers[1][-1].mean(-1), torch.zeros(1, 4), atol=1e-5, rtol=0)
    assert memory.labels == (0, 1) and memory.lengths == (6, 4) and memory.layers[2].shape == (1, 10, 32)


@torch.no_grad()
def test_scenes_of_a_batch_do_not_meet():
    net, (features, positions) = decoder(), images(6, 4, 6, batch=3)
    layers, memory = net(features, positions)
    again = last(net.render(features, positions, memory))
    for row in range(3):
        alone, of_one = net([part[row : row + 1] for part in features], positions)
        check_same([own[row : row + 1] for own in last(layers)], last(alone))
        rendered = net.render([part[row : row + 1] for part in features], positions, of_one)
        check_same([own[row : row + 1] for own in again], last(rendered))


@torch.no_grad()
def test_the_order_of_later_images_in_one_call_does_not_matter():
    net, (features, positions) = decoder(), images(6, 4, 6)
    order = [0, 2, 1]
    first, _ = net(features, positions)
    second, _ = net([features[i] for i in order], [positions[i] for i in order])
    check_same([last(first)[i] for i in order], last(second))


@torch.no_grad()
def test_the_same_images_on_other_grids_are_computed_apart_but_alike():
    net, (features, positions) = decoder(), images(6, 6, 6)
    apart = [places.clone() for places in positions]
    check_same(last(net(features, positions)[0]), last(net(features, apart)[0]))
    per_scene = [places.expand(1, -1, -1) for places in apart]
    check_same(last(net(features, positions)[0]), last(net(features, per_scene)[0]))


@torch.no_grad()
def test_one_more_image_is_what_rendering_it_is():
    net, (features, positions) = decoder(), images(6, 6, 4)
    _, memory = net(features[:2], positions[:2])
    shown, longer = net(features[2:], positions[2:], memory)
    check_same(last(shown), last(net.render(features[2:], positions[2:], memory)))
    assert longer.labels == (0, 1, 2) and memory.labels == (0, 1)


@torch.no_grad()
def test_causal_blocks_do_not_see_the_future():
    net, (features, positions) = decoder(), images(6, 6, 4, 6)
    whole, _ = net(features, positions, causal=True)
    part, memory = net(features[:3], positions[:3], causal=True)
    check_same(last(whole)[:3], last(part))
    assert (memory.seen, memory.protected) == (3, 1)
    assert not torch.allclose(last(net(features, positions)[0])[1], last(whole)[1])


@torch.no_grad()
def test_images_may_start_by_looking_for_what_is_alike():
    """A token among others looks at its own like most."""
    block = decoder(seek_alike=3.0).blocks[0]
    tokens = torch.randn(1, 6, 16, generator=torch.Generator().manual_seed(0))
    attention = block.cross_attn
    query, key = (
        by_head.unflatten(-1, (2, -1)).transpose(1, 2) for by_head in (attention.projq(tokens), attention.projk(tokens))
    )
    weights = (query @ key.mT).softmax(-1)
    assert weights.diagonal(dim1=-2, dim2=-1).mean() > 0.5
    assert decoder().blocks[0].cross_attn.projk.weight.ne(decoder().blocks[0].cross_attn.projq.weight).any()


@torch.no_grad()
def test_rendering_nothing_and_one_token_are_normal():
    net, (features, positions) = decoder(), images(1)
    layers, memory = net(features, positions)
    assert last(layers)[0].shape == (1, 1, 16) and net.render([], [], memory) == []


@pytest.mark.parametrize('form', FORMS)
@torch.no_grad()
def test_a_memory_in_half_precision_is_rendered_in_full(form):
    net, (features, positions) = decoder(form=form), images(6, 4)
    _, exact = net(features, positions)
    with torch.autocast('cpu', torch.bfloat16):
        _, memory = net(features, positions)
    found = last(net.render(features, positions, memory))
    assert found[0].dtype == torch.float32
    torch.testing.assert_close(found[0], last(net.render(features, positions, exact))[0], rtol=0.1, atol=0.1)


@torch.no_grad()
def test_a_memory_may_be_shortened():
    net, (features, positions) = decoder(feedback=False), images(6, 4, 6)
    _, memory = net(features[:1], positions[:1])
    for image in (1, 2):
        _, memory = net(features[image : image + 1], positions[image : image + 1], memory)
    short = memory.forget(1)
    assert not torch.allclose(
        last(net.render(features[:1], positions[:1], memory))[0], last(net.render(features[:1], positions[:1], short))[0]
    )
    assert net(features[1:2], positions[1:2], short)[1].labels == (0, 2, 3)


@pytest.mark.parametrize('for_good', [False, True])
def test_training_hides_tokens_of_the_memory_but_those_of_the_first_image(for_good):
    net, (features, positions) = decoder(token_dropout=0.5, drop_for_good=for_good).train(), images(6, 6, 6, 6, batch=2)
    torch.manual_seed(1)
    _, memory = net(features, positions, causal=True)
    if for_good:
        share = memory.hidden[:, 6:].float().mean()
        assert not memory.hidden[:, :6].any() and 0.2 < share < 0.8
        _, longer = net(features[:2], positions[:2], memory, causal=True)
        assert torch.equal(longer.hidden[:, : memory.tokens], memory.hidden), 'what is seen stays seen'
        assert longer.hidden[:, memory.tokens :].any()
    else:
        assert memory.hidden is None
    looks = [last(net.render(features[:1], positions[:1], memory))[0] for _ in range(2)]
    assert torch.equal(*looks) == for_good
    exact = net.eval().render(features[:1], positions[:1], memory)
    assert not torch.allclose(last(exact)[0], looks[0]) or for_good


def test_what_inference_remembers_is_never_hidden():
    net, (features, positions) = decoder(token_dropout=0.9).train(), images(6, 6)
    _, memory = net(features, positions)
    looks = [last(net.render(features, positions, memory))[0] for _ in range(2)]
    assert torch.equal(*looks) and memory.protected == 2


def test_misuse_is_named():
    with pytest.raises(ConfigError, match="form 'disk' must be one of keys_values, normalized, raw"):
        decoder(form='disk')
    with pytest.raises(ConfigError, match=r'token_dropout 1\.0'):
        decoder(token_dropout=1.0)
    with pytest.raises(DataError, match='no image to show'):
        decoder()([], [])
