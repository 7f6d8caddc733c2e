"""What follows from masks, against loops over queries and superpoints."""

import torch

from uniseg3d.models.layers.masks import mean_inside, outside


def masks_and_features(seed=0):
    generator = torch.Generator().manual_seed(seed)
    masks = torch.randn(6, 9, generator=generator, dtype=torch.float64)
    masks[1] = -masks[1].abs()  # an empty mask
    masks[2, 3] = 0.0
    return masks, torch.randn(9, 4, generator=generator, dtype=torch.float64)


def test_what_lies_outside_is_blocked_and_an_empty_mask_blocks_nothing():
    masks, _ = masks_and_features()
    blocked = outside(masks)
    for row, mask in zip(blocked, masks, strict=True):
        expected = [bool(torch.sigmoid(logit) < 0.5) for logit in mask]
        assert row.tolist() == ([False] * len(mask) if all(expected) else expected)
    assert not blocked[1].any() and not blocked[2, 3]


def test_the_mean_inside_is_a_mean_and_zero_for_an_empty_mask():
    masks, features = masks_and_features()
    pooled = mean_inside(masks, features)
    for row, mask in zip(pooled, masks, strict=True):
        members = [feature for feature, logit in zip(features, mask, strict=True) if logit > 0]
        torch.testing.assert_close(row, torch.stack(members).mean(0) if members else torch.zeros_like(row))


def test_gradients_reach_the_features_only():
    masks, features = (t.requires_grad_() for t in masks_and_features())
    mean_inside(masks, features).sum().backward()
    assert masks.grad is None
    inside = (masks > 0).double()
    expected = (inside / inside.sum(1, keepdim=True).clamp(min=1)).sum(0)
    torch.testing.assert_close(features.grad, expected[:, None].expand_as(features))
    assert not outside(masks).requires_grad


def test_half_precision_counts_large_masks():
    features = torch.ones(3001, 2, dtype=torch.bfloat16)
    pooled = mean_inside(torch.ones(1, 3001), features)
    assert pooled.dtype == torch.bfloat16 and pooled.tolist() == [[1.0, 1.0]]


def test_no_queries():
    masks, features = masks_and_features()
    assert mean_inside(masks[:0], features).shape == (0, 4) and outside(masks[:0]).shape == (0, 9)
