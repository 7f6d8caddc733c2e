"""Queries of the scene alone."""

import pytest
import torch

from uniseg3d.models.queries import SuperpointQueries
from uniseg3d.structures import Clicks, Prompts, Texts
from uniseg3d.utils.errors import ConfigError

FEATURES = torch.randn(40, 6, generator=torch.Generator().manual_seed(0))
NO_TEXT = FEATURES[:0]


def test_prediction_asks_every_superpoint_as_it_is():
    layer = SuperpointQueries().eval()
    queries = layer(FEATURES, Prompts(), NO_TEXT)
    assert queries.counts == {'scene': 40} and torch.equal(queries.features, FEATURES)
    assert queries.superpoint.tolist() == list(range(40)) and not list(layer.parameters())
    assert len(layer(FEATURES[:1], Prompts(), NO_TEXT)) == 1


def test_training_draws_some():
    layer = SuperpointQueries(max_train=30).train()
    for seed in range(20):
        torch.manual_seed(seed)
        queries = layer(FEATURES, Prompts(), NO_TEXT)
        assert 20 <= len(queries) <= 30 and len(queries.superpoint.unique()) == len(queries)
        assert torch.equal(queries.features, FEATURES[queries.superpoint])


def test_prompts_are_refused():
    clicks = Clicks.single(torch.tensor([3]), torch.tensor([3]))
    texts = Texts(['a', 'b'], torch.zeros(2, 77, dtype=torch.long))
    for prompts, said in ((Prompts(clicks), '1 clicks and 0 sentences'), (Prompts(texts=texts), '0 clicks and 2 sentences')):
        with pytest.raises(ConfigError, match=f'answers no prompts, but got {said}; .* UnifiedQueries'):
            SuperpointQueries()(FEATURES, prompts, torch.zeros(2, 6))
