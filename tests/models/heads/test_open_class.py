"""Class logits from embedded names, against a loop over classes and prototypes."""

import math

import numpy as np
import pytest
import torch

from uniseg3d.models.heads import OpenClassHead
from uniseg3d.utils.errors import ConfigError

DIM, EMBED, CLASSES, PROTOTYPES = 8, 10, 4, 3


def make_head(dtype=torch.float64):
    torch.manual_seed(0)
    head = OpenClassHead(DIM, EMBED).to(dtype)
    head.set_classes(torch.randn(CLASSES, PROTOTYPES, EMBED))
    return head


def inputs(rows=5, dtype=torch.float64):
    generator = torch.Generator().manual_seed(1)
    return (torch.randn(rows, DIM, generator=generator, dtype=dtype) for _ in range(2))


def by_formula(head, embeddings, pooled):
    scale = math.exp(float(np.float32(4.6052)))
    predicted = head.project(head.pooled[1](head.pooled[0](pooled)) + embeddings)
    rows = []
    for e in predicted:
        direction = e / e.square().sum().sqrt()
        logits = [scale * torch.stack([direction @ name for name in names]).max() for names in head.prototypes]
        rows.append(torch.stack([*logits, torch.zeros_like(logits[0])]))
    return torch.stack(rows)


def test_equals_the_formula_forward_and_backward():
    results = []
    for compute in (lambda head, *both: head(*both), by_formula):
        head = make_head()
        both = [t.requires_grad_() for t in inputs()]
        logits = compute(head, *both)
        logits.square().sum().backward()
        results.append([logits, *(t.grad for t in (*both, *head.parameters()))])
    assert results[0][0].shape == (5, CLASSES + 1)
    for ours, theirs in zip(*results, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_the_list_of_classes_can_be_replaced():
    head = make_head()
    both = list(inputs())
    before = head(*both)
    names = head.prototypes.clone()
    head.set_classes(names[[2, 0]])
    torch.testing.assert_close(head(*both), before[:, [2, 0, CLASSES]])
    head.set_classes(names[:, :1])
    assert head(*both).shape == (5, CLASSES + 1)


def test_class_names_are_no_part_of_the_weights_and_follow_the_device_and_type_of_the_model():
    head = make_head(torch.float32)
    assert 'prototypes' not in head.state_dict()
    OpenClassHead(DIM, EMBED).load_state_dict(head.state_dict(), strict=True)
    assert head.double().prototypes.dtype == torch.float64


def test_classes_must_be_set_and_fit():
    head = OpenClassHead(DIM, EMBED)
    with pytest.raises(ConfigError, match='set_classes'):
        head(*inputs(dtype=torch.float32))
    with pytest.raises(ConfigError, match=rf'\(classes, prototypes, {EMBED}\), got \(4, 3, 7\)'):
        head.set_classes(torch.zeros(4, 3, 7))


def test_cosines_keep_their_precision_under_autocast():
    head = make_head(torch.float32)
    embeddings, pooled = inputs(200, torch.float32)
    with torch.autocast('cpu', torch.bfloat16):
        low = head(embeddings, pooled)
    assert low.dtype == torch.float32
    assert len(low.unique()) > 0.9 * (low.numel() - len(low))  # bfloat16 would put many logits on the same value
    low.sum().backward()
    assert all(p.grad.isfinite().all() for p in head.parameters())


def test_no_queries():
    assert make_head()(*(t[:0] for t in inputs())).shape == (0, CLASSES + 1)
