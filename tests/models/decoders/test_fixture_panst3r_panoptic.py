"""Family iv: the panoptic decoder over all views at once, from given features."""

import pytest
import torch
from panst3r_archives import archive, assert_equals, tensor, weights
from panst3r_models import grid_of, panoptic_decoder, text_directions

from uniseg3d.models.decoders import panoptic
from uniseg3d.models.layers.masks import outside
from uniseg3d.models.layers.sine_position import sine_grid

pytestmark = pytest.mark.full_set
NAMES = ['iv_panst3r_v1', 'iv_panst3r_v1_small', 'iv_panst3r_v2', 'iv_panst3r_v2_small']


def tolerance(name: str) -> float:
    return 1e-2 if '_v2' in name else 5e-6


@pytest.fixture(scope='module', params=NAMES)
def case(request):
    """Name, decoder and upscaled views."""
    name = request.param
    decoder = panoptic_decoder(name, scale_over_batch=True)
    decoder.load_state_dict(panoptic.remap_keys(weights(name, 'panoptic_decoder.')))
    features = torch.cat([tensor(name, f'out.{part}')[0] for part in ('must3r_encoder', 'must3r_decoder', 'dino')], -1)
    with torch.no_grad():
        return name, decoder, decoder.upscale(features, tensor(name, 'in.images')[0], grid_of(name))


def test_the_answer_before_the_first_block_and_after_each(case):
    name, decoder, views = case
    texts = text_directions(name)
    assert_equals(texts, name, 'text_embeddings')
    with torch.no_grad():
        answers = decoder(views, texts)
    keys = [f'joint.aux{layer}' for layer in range(len(answers) - 1)] + ['joint']
    assert f'out.joint.aux{len(keys) - 1}.pred_logits' not in archive(name)
    for key, answer in zip(keys, answers, strict=True):
        assert_equals(answer.classes[None], name, f'{key}.pred_logits', tolerance(name))
        assert_equals(torch.stack(answer.masks)[None], name, f'{key}.pred_masks', tolerance(name))


def test_the_queries_that_are_kept_and_the_quick_way_to_them(case):
    """Kept are the normalised ones, which all heads read; without the answers on the way they are the same."""
    name, decoder, views = case
    with torch.no_grad():
        kept = decoder.ask(views)
        expected = decoder.mask_head.norm(tensor(name, 'out.joint.out_queries')[:, 0])
        torch.testing.assert_close(kept[-1], expected, atol=tolerance(name), rtol=0)
        torch.testing.assert_close(kept[-1], decoder.ask(views, keep_all=True)[-1], atol=0, rtol=0)
    assert len(kept) == 1


def test_where_patches_are_and_what_queries_may_not_see_first(case):
    name, decoder, views = case
    rows, columns = grid_of(name)
    places = sine_grid(rows, columns, decoder.dim)
    assert_equals(places[:, None], name, 'position_embedding_per_view')
    with torch.no_grad():
        cells = torch.cat([panoptic.at_patches(view).flatten(1).T for view in views])
        _, masks = decoder.mask_head(decoder.query_features, cells)
    expected = tensor(name, 'out.first_attention_mask_blocked')
    seen = outside(masks)
    assert all(torch.equal(seen[~head.all(1)], head[~head.all(1)]) for head in expected)
