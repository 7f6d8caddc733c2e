"""Overlaps of soft masks, against all pairs written out."""

import pytest
import torch

from uniseg3d.ops.soft_overlap import soft_overlap, soft_overlap_by_distance


def all_pairs(masks: torch.Tensor) -> torch.Tensor:
    return torch.minimum(masks[:, None], masks[None]).sum(2, dtype=torch.float64)


@pytest.mark.parametrize('overlap', [soft_overlap, soft_overlap_by_distance])
@pytest.mark.parametrize(('count', 'pixels'), [(7, 1300), (2, 512), (1, 30), (3, 0), (0, 20)])
def test_every_pair(overlap, count, pixels):
    masks = torch.rand(count, pixels, generator=torch.Generator().manual_seed(count))
    torch.testing.assert_close(overlap(masks), all_pairs(masks), rtol=1e-6, atol=1e-4)


@pytest.mark.parametrize('overlap', [soft_overlap, soft_overlap_by_distance])
def test_small_masks_beside_large_ones_keep_their_digits(overlap):
    masks = torch.ones(2, 300_000)
    masks[1] = 0
    masks[1, 7] = 1e-3
    assert overlap(masks)[0, 1].item() == pytest.approx(1e-3, abs=2e-2 if overlap is soft_overlap_by_distance else 1e-9)


def test_masks_of_any_precision_and_layout_stay_as_they_are():
    masks = torch.rand(40, 6).T
    before = masks.clone()
    torch.testing.assert_close(soft_overlap(masks.double()), soft_overlap(masks), rtol=1e-6, atol=1e-6)
    assert torch.equal(masks, before)
    assert soft_overlap(masks.bfloat16()).dtype == torch.float64
