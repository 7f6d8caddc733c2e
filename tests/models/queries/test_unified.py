"""UniSeg3D's queries: which, in which order, and with which learned kind."""

import pytest
import torch

from uniseg3d.models.queries import UnifiedQueries
from uniseg3d.models.queries.unified import UNPUBLISHED, remap_keys
from uniseg3d.structures import Clicks, Prompts, Texts

DIM, SUPERPOINTS = 6, 40
FEATURES = torch.randn(SUPERPOINTS, DIM, generator=torch.Generator().manual_seed(0))
SENTENCES = torch.randn(2, DIM, generator=torch.Generator().manual_seed(1))
CLICKED = torch.tensor([7, 7, 21])


def make_prompts():
    return Prompts(Clicks.single(CLICKED * 10, CLICKED), Texts(['a', 'b'], torch.zeros(2, 77, dtype=torch.long)))


def make_queries(**options):
    torch.manual_seed(0)
    return UnifiedQueries(DIM, **options)


def test_prediction_asks_every_superpoint_then_clicks_then_sentences():
    layer = make_queries().eval()
    queries = layer(FEATURES, make_prompts(), SENTENCES)
    text, click, scene = layer.type_embedding.weight
    assert queries.counts == {'scene': SUPERPOINTS, 'clicks': 3, 'texts': 2}
    assert torch.equal(queries.features, torch.cat([FEATURES + scene, FEATURES[CLICKED] + click, SENTENCES + text]))
    assert queries.superpoint.tolist() == [*range(SUPERPOINTS), *CLICKED.tolist(), -1, -1]


def test_sentences_can_be_asked_without_a_scene():
    layer = make_queries().eval()
    texts = layer.texts(SENTENCES)
    assert texts.counts == {'texts': 2} and texts.superpoint.tolist() == [-1, -1]
    assert torch.equal(texts.features, layer(FEATURES, make_prompts(), SENTENCES).only('texts').features)


def test_training_draws_superpoints_without_repetition():
    layer = make_queries().train()
    drawn = [layer(FEATURES, make_prompts(), SENTENCES) for _ in range(60)]
    counts = [queries.counts['scene'] for queries in drawn]
    assert min(counts) >= SUPERPOINTS // 2 and max(counts) < SUPERPOINTS and len(set(counts)) > 8
    for queries in drawn:
        rows = queries.superpoint[queries.rows('scene')]
        assert len(rows.unique()) == len(rows)
        assert torch.equal(queries.features[queries.rows('scene')], FEATURES[rows] + layer.type_embedding.weight[2])
    assert torch.cat([queries.superpoint[:1] for queries in drawn]).unique().numel() > 20


def test_the_seed_decides_the_draw():
    layer = make_queries().train()
    rows = []
    for seed in (3, 3, 4):
        torch.manual_seed(seed)
        rows.append(layer(FEATURES, Prompts(), SENTENCES[:0]).superpoint.tolist())
    assert rows[0] == rows[1] != rows[2]


@pytest.mark.parametrize(('options', 'superpoints', 'expected'), [
    ({'max_train': 7}, SUPERPOINTS, 7), ({'query_share': (1.0, 1.0)}, SUPERPOINTS, SUPERPOINTS),
    ({'query_share': (0.25, 0.25)}, SUPERPOINTS, 10), ({}, 1, 1),
])  # fmt: skip
def test_how_many_are_drawn(options, superpoints, expected):
    queries = make_queries(**options).train()(FEATURES[:superpoints], Prompts(), SENTENCES[:0])
    assert queries.counts == {'scene': expected, 'clicks': 0, 'texts': 0} and len(queries) == expected


def test_a_prompt_of_several_clicks_is_one_query_at_its_first_click():
    clicks = Clicks(CLICKED, CLICKED, torch.tensor([0, 1, 1]), torch.tensor([True, True, False]))
    layer = make_queries().eval()
    queries = layer(FEATURES, Prompts(clicks), SENTENCES[:0])
    assert queries.counts['clicks'] == 2 and queries.superpoint[-2:].tolist() == [7, 7]
    assert torch.equal(queries.features[-2], FEATURES[7] + layer.type_embedding.weight[1])


def test_every_parameter_learns():
    clicks = Clicks(CLICKED, CLICKED, torch.tensor([0, 1, 1]), torch.tensor([True, True, False]))
    layer = make_queries().train()
    torch.nn.init.normal_(layer.click_pooling.correction[-1].weight)  # from its start at zero nothing passes below it
    layer(FEATURES, Prompts(clicks), SENTENCES).features.square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().max() > 0 for p in layer.parameters())


def test_published_weights_cover_all_but_the_pooling_of_several_clicks():
    layer = make_queries()
    weights = remap_keys({'type_embedding.weight': torch.ones(3, DIM), 'decoder.out_norm.bias': torch.ones(4)})
    missing, unexpected = layer.load_state_dict(weights, strict=False)
    assert not unexpected and missing and all(name.startswith(UNPUBLISHED) for name in missing)
    assert torch.equal(layer.type_embedding.weight, torch.ones(3, DIM))
