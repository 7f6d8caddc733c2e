"""Attention of queries against torch's own module and against the formula."""

import pytest
import torch
from torch import nn

from uniseg3d.models.layers.query_attention import QueryAttention
from uniseg3d.utils.errors import ConfigError

DIM, HEADS, TOKENS, QUERIES = 12, 3, 7, 5


@pytest.fixture
def layer():
    torch.manual_seed(0)
    attention = QueryAttention(DIM, HEADS).double()
    nn.init.normal_(attention.in_proj_bias)
    return attention


@pytest.fixture
def parts():
    generator = torch.Generator().manual_seed(1)
    queries, keys, values = (
        torch.randn(rows, DIM, generator=generator, dtype=torch.float64) for rows in (QUERIES, TOKENS, TOKENS)
    )
    blocked = torch.rand(QUERIES, TOKENS, generator=generator) < 0.5
    blocked[:, 2] = False
    return queries, keys, values, blocked


def torch_twin(layer):
    """The same weights, under the same names, in the module that the published networks use."""
    twin = nn.MultiheadAttention(DIM, HEADS, batch_first=True).double()
    twin.load_state_dict(layer.state_dict(), strict=True)
    return twin


@pytest.mark.parametrize('masked', [False, True])
def test_equals_torch_forward_and_backward(layer, parts, masked):
    *tensors, blocked = parts
    mask = blocked if masked else None
    ours, theirs = ([t.clone().requires_grad_() for t in tensors] for _ in range(2))
    twin = torch_twin(layer)
    result = layer(ours[0], layer.look_at(*ours[1:]), mask)
    expected = twin(*(t[None] for t in theirs), attn_mask=mask, need_weights=True)[0][0]
    torch.testing.assert_close(result, expected)
    result.square().sum().backward()
    expected.square().sum().backward()
    for a, b in zip([*ours, *layer.parameters()], [*theirs, *twin.parameters()], strict=True):
        torch.testing.assert_close(a.grad, b.grad)


def test_one_projection_for_keys_that_are_the_values(layer, parts):
    tokens = parts[1]
    together, apart = layer.look_at(tokens, tokens), layer.look_at(tokens, tokens.clone())
    torch.testing.assert_close(together.key, apart.key)
    torch.testing.assert_close(together.value, apart.value)


def test_alone_is_attention_over_oneself(layer, parts):
    tokens = parts[0]
    one_by_one = [layer(token[None], layer.look_at(token[None], token[None])) for token in tokens]
    torch.testing.assert_close(layer.alone(tokens), torch.cat(one_by_one))


def test_nobody_asks(layer, parts):
    tokens = parts[1]
    assert layer(tokens[:0], layer.look_at(tokens, tokens)).shape == (0, DIM)


def test_starts_as_torch_does():
    torch.manual_seed(0)
    ours = QueryAttention(64, 4)
    bound = (6 / (64 + 3 * 64)) ** 0.5  # xavier-uniform of the packed matrix
    assert 0.95 * bound < float(ours.in_proj_weight.detach().abs().max()) <= bound
    assert not ours.in_proj_bias.any() and not ours.out_proj.bias.any()


def test_heads_must_share_the_width():
    with pytest.raises(ConfigError, match=r'dim = 10 .* heads = 4'):
        QueryAttention(10, 4)
