"""Both streams: what reaches whom, ragged memories, published names, gradients."""

import pytest
import torch

from uniseg3d.models.decoders.two_stream import Places, TwoStreamDecoder, blocked_by, idle_names, remap_keys

SIZES = {'in_dim': 12, 'dim': 24, 'depth': 3, 'heads': 2, 'memory_heads': 3}


def decoder(**changes):
    torch.manual_seed(0)
    return TwoStreamDecoder(**SIZES | changes).eval()


def inputs(batch=2, patches=5, pointers=7):
    torch.manual_seed(1)
    return torch.randn(batch, patches, 12), torch.randn(batch, 1, 24), torch.randn(batch, pointers, 24)


def places(batch=2, patches=5, pointers=7):
    torch.manual_seed(2)
    return Places(torch.rand(batch, patches, 3), torch.rand(batch, pointers, 3))


def test_layers_are_the_features_and_then_the_image_with_its_companion():
    features, companion, memory = inputs()
    layers = decoder()(features, companion, memory)
    assert layers[0] is features and len(layers) == 1 + SIZES['depth']
    assert {tuple(layer.shape) for layer in layers[1:]} == {(2, 6, 24)}
    torch.testing.assert_close(layers[-1].mean(-1), torch.zeros(2, 6), atol=1e-5, rtol=0)  # normalised


def test_messages_of_the_memory_arrive_one_layer_later():
    """In the first layer the image sees the memory as it was given, in the second what the memory made of the image."""
    features, companion, memory = inputs()
    model = decoder()
    before = model(features, companion, memory)
    model.memory_blocks[0].attn.proj.bias.data += 1
    after = model(features, companion, memory)
    assert torch.equal(before[1], after[1]) and not torch.allclose(before[2], after[2])


def test_the_companion_has_no_place_and_tokens_have():
    features, companion, memory = inputs()
    where = places()
    model, moved = decoder(), Places(where.image + 0.5, where.memory)
    plain, placed, shifted = (model(features, companion, memory, at)[-1] for at in (None, where, moved))
    assert not torch.allclose(plain, placed) and not torch.allclose(placed, shifted)
    turn, _ = where.rotations(12)
    tokens = torch.randn(2, 2, 6, 12)
    assert torch.equal(turn(tokens)[:, :, 0], tokens[:, :, 0]) and not torch.equal(turn(tokens)[:, :, 1], tokens[:, :, 1])


def test_the_order_of_pointers_does_not_matter():
    features, companion, memory = inputs()
    where, order = places(), torch.randperm(7)
    model = decoder()
    shuffled = model(features, companion, memory[:, order], Places(where.image, where.memory[:, order]))
    torch.testing.assert_close(shuffled[-1], model(features, companion, memory, where)[-1])


@pytest.mark.parametrize('value', [0.0, 1e6])
def test_filling_changes_nothing_whatever_it_holds(value):
    features, companion, memory = inputs()
    where, model = places(), decoder()
    filling = torch.zeros(2, 10, dtype=torch.bool)
    filling[:, 7:] = True
    wide = torch.cat([memory, torch.full((2, 3, 24), value)], 1)
    wide_places = Places(where.image, torch.cat([where.memory, torch.full((2, 3, 3), value)], 1))
    padded = model(features, companion, wide, wide_places, filling)
    torch.testing.assert_close(padded[-1], model(features, companion, memory, where)[-1])


def test_streams_of_a_batch_do_not_see_each_other():
    features, companion, memory = inputs()
    where, model = places(), decoder()
    both = model(features, companion, memory, where)[-1]
    one = model(features[1:], companion[1:], memory[1:], Places(*(value[1:] for value in where)))[-1]
    torch.testing.assert_close(both[1:], one)


def test_masks_are_views():
    mask = blocked_by(torch.tensor([[False, True]]), torch.zeros(1, 1000, 4))
    assert mask.shape == (1, 1, 1000, 2) and mask.untyped_storage().nbytes() == 2
    assert blocked_by(None, torch.zeros(1, 1000, 4)) is None


@pytest.mark.parametrize('checkpointing', [False, True])
def test_every_parameter_learns(checkpointing):
    """Nothing is idle, so that distributed training need not look for unused parameters."""
    model = decoder(checkpointing=checkpointing).train()
    model(*inputs(), places())[-1].square().sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())
    again = decoder().train()
    again(*inputs(), places())[-1].square().sum().backward()
    for ours, theirs in zip(model.parameters(), again.parameters(), strict=True):
        torch.testing.assert_close(ours.grad, theirs.grad)


def test_a_single_block_needs_no_memory_block():
    assert len(decoder(depth=1)(*inputs(), places())) == 2


def test_published_names():
    own = decoder().state_dict()
    names = {'embed.': 'decoder_embed.', 'blocks.': 'dec_blocks.', 'memory_blocks.': 'dec_blocks_memory.', 'norm.': 'dec_norm.'}
    published = {
        new + name.removeprefix(old): v for name, v in own.items() for old, new in names.items() if name.startswith(old)
    }
    unread = {f'dec_blocks_memory.2.{name}': v for name, v in decoder().blocks[0].state_dict().items()}
    unread |= {'dec_norm_memory.weight': torch.ones(24), 'dec_norm_memory.bias': torch.ones(24)}
    assert idle_names(published | unread | {'enc_norm.bias': torch.ones(1)}) == unread.keys()
    found = remap_keys(published | unread)
    assert found.keys() == own.keys() and all(torch.equal(found[name], own[name]) for name in own)
