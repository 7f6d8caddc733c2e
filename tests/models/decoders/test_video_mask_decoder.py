"""Queries over several views, and sentences over queries."""

import pytest
import torch

from uniseg3d.models.decoders.pixel_decoder import PixelDecoder
from uniseg3d.models.decoders.text_matcher import TextMatcher
from uniseg3d.models.decoders.video_mask_decoder import VideoMaskDecoder, joined

CHANNELS, DIM, QUERIES, CLASSES = 6, 16, 4, 3


def make(layers=4):
    torch.manual_seed(0)
    pixels = PixelDecoder(CHANNELS, DIM, layers=1, heads=2, points=2, hidden=8, groups=4)
    return VideoMaskDecoder(pixels, DIM, QUERIES, CLASSES, heads=2, hidden=8, layers=layers).eval()


def maps(batch=2, views=3, size=(32, 48)):
    torch.manual_seed(1)
    return [torch.randn(batch, views, CHANNELS, -(-size[0] // s), -(-size[1] // s)) for s in (4, 8, 16, 32)]


@pytest.mark.parametrize('views', [1, 3])
@torch.no_grad()
def test_shapes_of_the_answer(views):
    scenes = make()(maps(views=views))
    assert len(scenes) == 2 and len(scenes[0].outputs) == 1
    assert scenes[0].masks().shape == (QUERIES, views, 8, 12) and scenes[0].classes().shape == (QUERIES, CLASSES + 1)
    assert scenes[0].hidden.shape == (QUERIES, DIM)


@torch.no_grad()
def test_training_hears_every_head_and_the_last_is_the_answer():
    decoder, given = make(), maps()
    every, last = decoder(given, all_heads=True), decoder(given)
    assert len(every[0].outputs) == 5 and torch.equal(every[1].masks(), last[1].masks())
    assert not torch.equal(every[0].masks(0), every[0].masks(1))


@torch.no_grad()
def test_scenes_do_not_see_each_other_and_views_do():
    decoder, given = make(), maps()
    changed = [map_.clone() for map_ in given]
    for map_ in changed:
        map_[1, 2] += 1
    before, after = decoder(given), decoder(changed)
    assert torch.equal(before[0].masks(), after[0].masks())
    assert not torch.equal(before[1].masks()[:, 0], after[1].masks()[:, 0])


def test_gradients_reach_every_parameter_and_the_maps():
    decoder, given = make().train(), [map_.requires_grad_() for map_ in maps()]
    loss = sum(o.masks.square().sum() + o.classes.square().sum() for s in decoder(given, all_heads=True) for o in s.outputs)
    loss.backward()
    assert all(p.grad is not None for p in decoder.parameters()) and all(map_.grad.abs().sum() > 0 for map_ in given)


def test_three_projections_become_one_and_incomplete_ones_stay():
    name = 'decoder.layers.0.self_attn.{}_proj.bias'
    weights = {name.format(letter): torch.full((2,), float(number)) for number, letter in enumerate('kvq')}
    found = joined(weights)
    assert list(found) == ['decoder.layers.0.self_attn.in_proj_bias'] and found.popitem()[1].tolist() == [2, 2, 0, 0, 1, 1]
    del weights[name.format('v')]
    assert joined(weights) == weights


@torch.no_grad()
def test_no_sentence_sees_another():
    torch.manual_seed(0)
    matcher, texts, queries = TextMatcher(DIM, heads=2, layers=2).eval(), torch.randn(3, DIM), torch.randn(QUERIES, DIM)
    together = matcher(texts, queries)
    assert together.shape == (3, QUERIES) and matcher(texts[:0], queries).shape == (0, QUERIES)
    torch.testing.assert_close(matcher(texts[1:2], queries), together[1:2])


def seeded():
    torch.manual_seed(0)
    pixels = PixelDecoder(CHANNELS, DIM, layers=1, heads=2, points=2, hidden=8, groups=4)
    return VideoMaskDecoder(pixels, DIM, QUERIES, CLASSES, heads=2, hidden=8, layers=2, seeds=True, pixel_classes=True)


@pytest.mark.parametrize('views', [1, 2])
def test_cells_of_the_coarsest_maps_may_ask_too(views):
    given = maps(views=views)
    scene = seeded()(given, all_heads=True)[0]
    assert scene.masks(0).shape[0] == QUERIES + views * 1 * 2 == len(scene.hidden)
    changed = [map_.clone() for map_ in given]
    changed[3][0, 0, :, 0, 1] += 3
    others = seeded()(changed, all_heads=True)[0].outputs[0].embeddings  # before any query looked at anything
    different = (others != scene.outputs[0].embeddings).any(1)
    assert not different[:QUERIES].any(), 'learned queries know nothing yet'
    assert different[QUERIES + 1]


def test_a_query_says_what_the_cells_of_its_mask_say():
    decoder, given = seeded(), maps()
    scene = decoder(given, all_heads=True)[0]
    assert scene.pixels.shape == (3, CLASSES, 8, 12) and make()(given)[0].pixels is None
    with torch.no_grad():
        decoder.pixel_classifier.bias[1] += 5  # to all cells alike
    raised = decoder(given)[0].classes() - scene.classes()
    mean_of_mask = torch.tensor([0.0, 5.0, 0.0, 0.0]).expand_as(raised)
    torch.testing.assert_close(raised.detach(), mean_of_mask, atol=1e-4, rtol=1e-4)


def test_classes_of_cells_teach_the_maps_alone():
    decoder = seeded()
    decoder(maps(), all_heads=True)[0].pixels.sum().backward()
    assert decoder.pixel_decoder.lateral[0].weight.grad is not None and decoder.query_features.weight.grad is None
