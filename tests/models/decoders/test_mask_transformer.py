"""The loop that all mask decoders share: predict, mask, attend."""

import pytest
import torch

from uniseg3d.models.decoders.mask_transformer import Asked, MaskTransformer, QueryBlock
from uniseg3d.models.layers.masks import outside
from uniseg3d.structures import MaskOutput
from uniseg3d.utils.errors import ConfigError

DIM, HEADS, HIDDEN, TOKENS, QUERIES = 12, 3, 16, 8, 5


def make_transformer(layers=3, **options):
    torch.manual_seed(0)
    return MaskTransformer([QueryBlock(DIM, HEADS, HIDDEN, **options) for _ in range(layers)]).double()


def make_tensors():
    generator = torch.Generator().manual_seed(1)
    sizes = (QUERIES, QUERIES, TOKENS, TOKENS)
    return (torch.randn(rows, DIM, generator=generator, dtype=torch.float64) for rows in sizes)


def run(transformer, position=None, levels=1, keep_all=False):
    """Queries [Q, DIM] that look at ``levels`` halves of the tokens in turn; what was asked of the two functions."""
    queries, _, keys, values = make_tensors()
    parts = [(keys, values)] if levels == 1 else [(keys[:5], values[:5]), (keys[5:], values[5:])]
    sizes, flags = [], []

    def predict(features, last):
        flags.append(last)
        return MaskOutput(features @ keys.T, features)

    def hide(masks, number):
        blocked = outside(masks if levels == 1 else (masks[:, :5], masks[:, 5:])[number % 2])
        sizes.append(blocked.shape[1])
        return blocked

    seen = transformer.look_at([k for k, _ in parts], [v for _, v in parts])
    asked = Asked(queries, {'scene': QUERIES}, position)
    return transformer(asked, seen, predict, hide, keep_all), sizes, flags


def attend(attention, queries, keys, values, blocked):
    """Head by head, with the weights written out."""
    width, heads = DIM // HEADS, []
    weight, bias = attention.in_proj_weight.split(DIM), attention.in_proj_bias.split(DIM)
    q, k, v = (t @ w.T + b for t, w, b in zip((queries, keys, values), weight, bias, strict=True))
    for head in range(HEADS):
        part = slice(head * width, (head + 1) * width)
        logits = (q[:, part] @ k[:, part].T / width**0.5).masked_fill(blocked, -torch.inf)
        heads.append(logits.softmax(1) @ v[:, part])
    return attention.out_proj(torch.cat(heads, 1))


@pytest.mark.parametrize('placed', [False, True])
@pytest.mark.parametrize('activation', ['gelu', 'relu'])
def test_equals_the_loop_written_out_forward_and_backward(activation, placed):
    _, position, keys, values = make_tensors()
    position = position if placed else torch.zeros(())
    transformer, twin = make_transformer(activation=activation), make_transformer(activation=activation)
    (outputs, _), _, _ = run(transformer, position if placed else None, keep_all=True)

    queries = next(make_tensors())
    expected = [queries]
    for block in twin.blocks:
        blocked = outside(queries @ keys.T)
        queries = block.cross_norm(queries + attend(block.cross_attention, queries + position, keys, values, blocked))
        mates = torch.zeros(QUERIES, QUERIES, dtype=torch.bool)
        mixed = attend(block.self_attention.attention, queries + position, queries + position, queries, mates)
        queries = block.self_norm(queries + mixed)
        hidden = getattr(torch.nn.functional, activation)(queries @ block.mlp[0].weight.T + block.mlp[0].bias)
        queries = block.mlp_norm(queries + hidden @ block.mlp[2].weight.T + block.mlp[2].bias)
        expected.append(queries)

    for ours, theirs in zip(outputs, expected, strict=True):
        torch.testing.assert_close(ours.embeddings, theirs)
    sum(output.embeddings.square().sum() for output in outputs).backward()
    sum(rows.square().sum() for rows in expected).backward()
    for ours, theirs in zip(transformer.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(ours.grad, theirs.grad)


def test_only_the_last_prediction_is_kept_unless_all_are_wanted():
    (last, _), _, flags = run(make_transformer())
    (everything, _), _, _ = run(make_transformer(), keep_all=True)
    assert flags == [False, False, False, True]
    assert len(last) == 1 and len(everything) == 4
    assert torch.equal(last[0].embeddings, everything[-1].embeddings)


def test_levels_take_turns():
    (outputs, _), sizes, _ = run(make_transformer(layers=4), levels=2)
    assert sizes == [5, 3, 5, 3] and outputs[0].masks.shape == (QUERIES, TOKENS)


def test_without_blocks_the_first_prediction_is_the_last():
    (outputs, scene), sizes, flags = run(make_transformer(layers=0))
    assert len(outputs) == 1 and flags == [True] and scene == sizes == []


def test_dropout_is_for_training():
    transformer = make_transformer(dropout=0.5)
    first, second = (run(transformer)[0][0][0].embeddings for _ in range(2))
    assert not torch.equal(first, second)
    transformer.eval()
    first, second = (run(transformer)[0][0][0].embeddings for _ in range(2))
    assert torch.equal(first, second)


def test_cross_attention_starts_xavier_uniform_and_the_rest_as_torch_does():
    torch.manual_seed(0)
    block = QueryBlock(64, 4, 128)
    xavier, default = (6 / 128) ** 0.5, 1 / 8
    for attention, bound in ((block.cross_attention, xavier), (block.self_attention.attention, default)):
        assert 0.95 * bound < float(attention.out_proj.weight.detach().abs().max()) <= bound


def test_an_unknown_activation_is_named():
    with pytest.raises(ConfigError, match='gelu, relu, got swish'):
        QueryBlock(DIM, HEADS, HIDDEN, activation='swish')
