"""Attention in C against torch in double precision."""

import pytest
import torch
import torch.nn.functional as F

from uniseg3d.ops import attention_kernel
from uniseg3d.ops.attention import attention
from uniseg3d.ops.attention_kernel import attend, instruction_sets, takes

pytestmark = pytest.mark.skipif(attention_kernel.missing() is not None, reason=str(attention_kernel.missing()))


def parts(*lead, queries=30, keys=100, width=8, out=8, seed=0):
    generator = torch.Generator().manual_seed(seed)
    sizes = ((queries, width), (keys, width), (keys, out))
    return [torch.randn(*lead, *size, generator=generator) for size in sizes]


def expected(query, key, value, blocked=None, scale=None):
    allowed = None if blocked is None else ~blocked
    return F.scaled_dot_product_attention(query.double(), key.double(), value.double(), attn_mask=allowed, scale=scale).float()


@pytest.mark.parametrize('isa', instruction_sets())
@pytest.mark.parametrize(
    'sizes',
    [
        {'queries': 12, 'keys': 64},
        {'queries': 13, 'keys': 65, 'width': 28, 'out': 24},
        {'queries': 37, 'keys': 600, 'width': 1, 'out': 128},
        {'queries': 25, 'keys': 256, 'width': 128, 'out': 33},
        {'queries': 24, 'keys': 289, 'width': 32, 'out': 1},
    ],
)
@pytest.mark.parametrize('share', [None, 0.5, 0.98])
def test_equals_torch(isa, sizes, share):
    query, key, value = parts(2, 3, **sizes)
    blocked = None
    if share is not None:
        blocked = torch.rand(query.shape[-2], key.shape[-2], generator=torch.Generator().manual_seed(1)) < share
        blocked[:, -1] = False
        blocked[0, :-1] = True  # the only key stands in the last block
    torch.testing.assert_close(attend(query, key, value, blocked, isa=isa), expected(query, key, value, blocked))


def test_any_strides_and_scale():
    tokens = torch.randn(70, 3 * 4 * 16, generator=torch.Generator().manual_seed(0))
    query, key, value = (t.unflatten(1, (4, 16)).transpose(0, 1) for t in tokens.split(64, 1))
    torch.testing.assert_close(attend(query, key, value, None, 0.3), expected(query, key, value, scale=0.3))
    apart = [t.mT.contiguous().mT for t in (query, key, value)]
    torch.testing.assert_close(attend(*apart, None), expected(*apart))


def test_a_row_that_is_blocked_everywhere_gets_zeros_and_one_mask_row_serves_all():
    query, key, value = parts(2)
    blocked = torch.zeros(30, 100, dtype=torch.bool)
    blocked[4] = True
    assert attention(query, key, value, blocked)[:, 4].abs().max() == 0
    row = torch.arange(100)[None] > 50
    torch.testing.assert_close(attend(query, key, value, row), expected(query, key, value, row.expand(30, -1)))


def test_large_logits_stay_exact_and_nan_is_not_hidden():
    query, key, value = parts(1)
    torch.testing.assert_close(attend(query * 100, key, value, None), expected(query * 100, key, value), rtol=1e-4, atol=1e-4)
    key[0, 7, 0] = float('nan')
    assert attend(query, key, value, None).isnan().all()


def test_threads_change_no_bit():
    query, key, value = parts(2, queries=200, keys=300)
    one = attend(query, key, value, None)
    torch.set_num_threads(3)
    try:
        assert torch.equal(attend(query, key, value, None), one)
    finally:
        torch.set_num_threads(1)


def test_it_leaves_to_torch_what_it_cannot_do():
    query, key, value = parts(2)
    with torch.no_grad():
        assert takes(query.requires_grad_(), key, value, None)
    assert not takes(query, key, value, None)  # it has no gradient
    query = query.detach()
    assert takes(query, key, value, torch.zeros(1, 1, 30, 100, dtype=torch.bool))
    assert not takes(query, key, value, torch.zeros(2, 30, 100, dtype=torch.bool))
    assert not takes(query.double(), key.double(), value.double(), None)
    assert not takes(query[:, :5], key, value, None) and not takes(query[0], key[0], value[0], None)
    assert not takes(*parts(1, width=129), None)
    with torch.autocast('cpu', torch.bfloat16):
        assert not takes(query, key, value, None)


def test_inferences_use_it(monkeypatch):
    used = []
    monkeypatch.setattr(attention_kernel, 'attend', lambda *inputs: used.append(inputs) or attend(*inputs))
    query, key, value = parts(1, 4)
    torch.testing.assert_close(attention(query, key, value), expected(query, key, value))
    assert used
