"""Masks are products of normalised queries with mask features."""

import torch
from torch import nn

from uniseg3d.models.heads import MaskHead


def test_masks_are_products_with_the_normalised_query():
    torch.manual_seed(0)
    head, queries, features = MaskHead(6).double(), torch.randn(3, 6).double(), torch.randn(5, 6).double()
    embeddings, masks = head(queries, features)
    centred = queries - queries.mean(1, keepdim=True)
    torch.testing.assert_close(embeddings, centred / (centred.square().mean(1, keepdim=True) + 1e-5).sqrt())
    for q in range(3):
        for m in range(5):
            torch.testing.assert_close(masks[q, m], embeddings[q] @ features[m])


def test_another_width_of_mask_features():
    embeddings, masks = MaskHead(6, embed=nn.Linear(6, 4))(torch.randn(3, 6), torch.randn(5, 4))
    assert embeddings.shape == (3, 6) and masks.shape == (3, 5)
