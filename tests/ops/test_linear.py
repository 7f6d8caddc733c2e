"""Both paths of dense products give one result, with gradients."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from uniseg3d.ops import linear as module
from uniseg3d.ops.linear import linear, product_of_rows, product_path, round_up_rows, shapes_cost
from uniseg3d.utils.errors import DataError


@pytest.fixture(params=['default', 'onednn'])
def path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == 'onednn':
        try:
            module._onednn_product(torch.ones(1, 1), torch.ones(1, 1))
        except (AttributeError, RuntimeError):
            pytest.skip('this build of PyTorch has no oneDNN product')
    monkeypatch.setattr(module, 'product_path', lambda: request.param)
    return request.param


@pytest.mark.parametrize('bias', [True, False])
@pytest.mark.parametrize('shape', [(7, 5), (2, 3, 5), (5,), (0, 5)])
def test_linear_equals_the_default(path: str, shape: tuple[int, ...], bias: bool) -> None:
    x, weight = torch.randn(shape, requires_grad=True), torch.randn(4, 5, requires_grad=True)
    shift = torch.randn(4, requires_grad=True) if bias else None
    wanted = [t for t in (x, weight, shift) if t is not None]
    ours, theirs = linear(x, weight, shift), F.linear(x, weight, shift)
    assert torch.allclose(ours, theirs, atol=1e-5)
    grad = torch.randn(theirs.shape)
    for a, b in zip(torch.autograd.grad(ours, wanted, grad), torch.autograd.grad(theirs, wanted, grad), strict=True):
        assert a.shape == b.shape and torch.allclose(a, b, atol=1e-5)


@pytest.mark.parametrize('dtype', [torch.float64, torch.bfloat16])
def test_other_types_take_the_default(path: str, dtype: torch.dtype) -> None:
    x, weight = torch.randn(3, 5, dtype=dtype), torch.randn(4, 5, dtype=dtype)
    assert torch.equal(linear(x, weight), F.linear(x, weight))
    assert torch.equal(product_of_rows(x, weight.t()), x @ weight.t())


def test_product_of_views(path: str) -> None:
    left, right = torch.randn(6, 300).t(), torch.randn(5, 6).t()
    assert torch.allclose(product_of_rows(left, right), left @ right, atol=1e-5)


@pytest.mark.parametrize('dtype', [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize('rows', [0, 1, 256, 300])
def test_product_into_given_memory(path: str, rows: int, dtype: torch.dtype) -> None:
    left, right, out = torch.randn(rows, 6).to(dtype), torch.randn(6, 5).to(dtype), torch.empty(rows + 2, 5, dtype=dtype)
    given = out[1:-1]
    assert product_of_rows(left, right, given).data_ptr() == given.data_ptr()
    assert torch.allclose(given, left @ right, atol=1e-5)


def test_shapes_that_cost_are_rounded_up(path: str) -> None:
    assert shapes_cost(torch.ones(1, 1)) == (path == 'onednn')
    assert shapes_cost(torch.ones(1, 1, dtype=torch.bfloat16)) and not shapes_cost(torch.ones(1, 1, dtype=torch.float64))
    rounded = round_up_rows(torch.ones(257, 2))
    assert rounded.shape == (512, 2) and rounded.sum() == 514
    assert round_up_rows(rounded) is rounded


def test_autocast_is_respected(path: str) -> None:
    with torch.autocast('cpu', torch.bfloat16):
        assert linear(torch.ones(2, 3), torch.ones(4, 3)).dtype == torch.bfloat16


def test_the_path_is_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert product_path() in ('default', 'onednn')
    monkeypatch.setattr(module, '_best_time', lambda *_: pytest.fail('measured again'))
    assert product_path() == product_path()


def test_a_build_without_the_private_operator(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> None:
        raise AttributeError('no such operator')

    monkeypatch.setattr(module, '_onednn_product', gone)
    product_path.cache_clear()
    try:
        assert product_path() == 'default'
    finally:
        product_path.cache_clear()


@pytest.mark.parametrize(
    ('inputs', 'weight', 'bias', 'message'),
    [
        (torch.ones(2, 3), torch.ones(4, 5), None, r'\[2, 3\].*expects 5 channels'),
        (torch.ones(2, 3), torch.ones(4, 3, 1), None, r'weights are \[m, k\]'),
        (torch.ones(2, 3), torch.ones(3), None, r'weights are \[m, k\]'),
        (torch.ones(()), torch.ones(4, 3), None, 'expects 3 channels'),
        (torch.ones(2, 3), torch.ones(4, 3), torch.ones(5), 'bias has shape'),
        (torch.ones(2, 3), torch.ones(4, 3, dtype=torch.float64), None, 'torch.float64; expected one type'),
        (torch.ones(2, 3, device='meta'), torch.ones(4, 3), None, 'move them to one device'),
    ],
)
def test_what_does_not_fit_is_refused(path: str, inputs, weight, bias, message: str) -> None:
    with pytest.raises(DataError, match=message):
        linear(inputs, weight, bias)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 4), max_size=3), st.integers(0, 9), st.integers(0, 9), st.booleans(), st.booleans())
def test_any_shape_equals_the_default(path: str, lead, inner, outer, bias, turned) -> None:
    x = (torch.randn(inner, *lead).movedim(0, -1) if turned else torch.randn(*lead, inner)).requires_grad_()
    weight = (torch.randn(inner, outer).t() if turned else torch.randn(outer, inner)).requires_grad_()
    shift = torch.randn(outer, requires_grad=True) if bias else None
    wanted = [t for t in (x, weight, shift) if t is not None]
    ours, theirs = linear(x, weight, shift), F.linear(x, weight, shift)
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)
    for a, b in zip(*(torch.autograd.grad(out.sum(), wanted) for out in (ours, theirs)), strict=True):
        torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-5)
