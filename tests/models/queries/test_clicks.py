"""One query per prompt from signed clicks, against a loop over prompts."""

import pytest
import torch

from uniseg3d.models.queries.clicks import ClickPooling
from uniseg3d.structures import Clicks

DIM, SUPERPOINTS = 6, 9
PROMPT = torch.tensor([0, 1, 1, 1, 2, 3, 3])
POSITIVE = torch.tensor([True, True, False, True, False, True, True])
SUPERPOINT = torch.tensor([4, 0, 8, 3, 5, 2, 2])


@pytest.fixture
def features():
    return torch.randn(SUPERPOINTS, DIM, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def trained_pooling():
    torch.manual_seed(0)
    pooling = ClickPooling(DIM).double()
    for parameter in pooling.parameters():
        torch.nn.init.normal_(parameter)
    return pooling


def signed_clicks():
    return Clicks(SUPERPOINT, SUPERPOINT, PROMPT, POSITIVE)


def by_formula(pooling, features):
    """Prompt by prompt."""
    rows = []
    for prompt in range(int(PROMPT[-1]) + 1):
        yes, no = (features[SUPERPOINT[(prompt == PROMPT) & (sign == POSITIVE)]] for sign in (True, False))
        means = [group.mean(0) if len(group) else torch.zeros(DIM).double() for group in (yes, no)]
        counts = torch.tensor([len(yes), len(no)], dtype=torch.float64)
        single = len(yes) == 1 and len(no) == 0
        rows.append(means[0] if single else means[0] + pooling.correction(torch.cat([*means, counts.log1p()])))
    return torch.stack(rows)


def test_equals_the_formula_forward_and_backward(features):
    results = []
    for compute in (lambda pooling, f: pooling(f, signed_clicks()), by_formula):
        pooling, inputs = trained_pooling(), features.clone().requires_grad_()
        queries = compute(pooling, inputs)
        queries.square().sum().backward()
        results.append([queries, inputs.grad, *(p.grad for p in pooling.parameters())])
    for ours, theirs in zip(*results, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_a_single_positive_click_is_its_superpoint_bit_for_bit(features):
    superpoint = torch.tensor([3, 0, 8])
    clicks = Clicks.single(superpoint, superpoint)
    for dtype in (torch.float32, torch.float64, torch.bfloat16):
        assert torch.equal(trained_pooling().to(dtype)(features.to(dtype), clicks), features.to(dtype)[superpoint])


def test_signs_matter_once_learned(features):
    flipped = Clicks(SUPERPOINT, SUPERPOINT, PROMPT, ~POSITIVE)
    pooling = trained_pooling()
    assert (pooling(features, signed_clicks()) - pooling(features, flipped)).abs().amax(1).min() > 1e-3


def test_the_correction_starts_at_zero_and_learns(features):
    torch.manual_seed(0)
    pooling = ClickPooling(DIM).double()
    queries = pooling(features, signed_clicks())
    torch.testing.assert_close(queries[1], features[[0, 3]].mean(0))
    assert not queries[2].any()  # a lonely "not this" says nothing yet
    queries.square().sum().backward()
    assert pooling.correction[-1].weight.grad.abs().max() > 0


def test_no_clicks_leave_gradients_of_zero(features):
    pooling = trained_pooling()
    queries = pooling(features, Clicks())
    assert queries.shape == (0, DIM)
    queries.sum().backward()
    assert all(p.grad is not None and not p.grad.any() for p in pooling.parameters())
