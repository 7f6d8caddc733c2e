"""Pixel decoder, query decoder and text matcher against the original's numbers."""

import pytest
import siu3r_archives as archives
import torch
from siu3r_archives import assert_equals, sizes, tensor

from uniseg3d.models.decoders import text_matcher, video_mask_decoder
from uniseg3d.models.decoders.pixel_decoder import PixelDecoder
from uniseg3d.models.decoders.text_matcher import TextMatcher
from uniseg3d.models.decoders.video_mask_decoder import VideoMaskDecoder, resized
from uniseg3d.models.layers.masks import outside
from uniseg3d.models.layers.sine_position import sine_grid, sine_video
from uniseg3d.utils.weights import apply_weights

pytestmark = pytest.mark.full_set
NAME = 'mask_decoder'
CONFIG = 'cfg/B_T_h4_w4_cin_hidden_Q_labels_heads_encLayers_decLayers'
UNUSED = 'criterion.empty_weight'  # a constant of the loss


@pytest.fixture(scope='module')
def decoder():
    _, _, _, _, channels, dim, queries, labels, heads, pixel_layers, layers = sizes(NAME, CONFIG)
    published = archives.weights(NAME)
    hidden = {part: len(published[f'model.{name}.layers.0.fc1.bias']) for part, name in
              {'pixels': 'pixel_decoder.encoder', 'queries': 'transformer_module.decoder'}.items()}  # fmt: skip
    points = len(published['model.pixel_decoder.encoder.layers.0.self_attn.attention_weights.bias']) // (3 * heads)
    pixels = PixelDecoder(channels, dim, pixel_layers, heads, points, hidden['pixels'])
    made = VideoMaskDecoder(pixels, dim, queries, labels, heads, hidden['queries'], layers).eval()
    ours = video_mask_decoder.remap_keys(published)
    assert not apply_weights(made, ours)
    matched = {name for name in published if name.startswith('lang_')} | {UNUSED}
    assert len(ours) + 4 * layers + len(matched) == len(published)  # three layers of each self-attention are one
    return made


@pytest.fixture(scope='module')
@torch.no_grad()
def answers(decoder):
    return decoder([tensor(NAME, f'in/feat_{scale}') for scale in (4, 8, 16, 32)], all_heads=True)


@torch.no_grad()
def test_pixel_decoder(decoder):
    batch = sizes(NAME, CONFIG)[0]
    features, levels = decoder.pixel_decoder([tensor(NAME, f'in/feat_{s}').flatten(0, 1) for s in (4, 8, 16, 32)])
    for scale, level in zip((32, 16, 8), levels, strict=True):
        assert_equals(level.unflatten(0, (batch, -1)), tensor(NAME, f'mid/pixel_decoder_feature_{scale}'), f'level {scale}')
    assert_equals(features.unflatten(0, (batch, -1)), tensor(NAME, 'mid/mask_features'), 'mask features')


def test_positions():
    plane, video = tensor(NAME, 'mid/pos2d_16'), tensor(NAME, 'mid/pos3d_32')
    found = sine_grid(*plane.shape[2:], plane.shape[1]).T.view(plane.shape[1:]).expand_as(plane)
    assert_equals(found, plane, 'grid')
    _, views, dim, rows, columns = video.shape
    cells = sine_video(views, rows, columns, dim).view(views, rows, columns, dim).permute(0, 3, 1, 2)
    assert_equals(cells.expand_as(video), video, 'video')


def test_every_head(answers):
    heads = sum(key.startswith('out/mask_logits_') for key in archives.archive(NAME))
    for number in range(heads):
        masks = torch.stack([scene.masks(number) for scene in answers])
        assert_equals(masks, tensor(NAME, f'out/mask_logits_{number}'), f'masks of head {number}')
        classes = torch.stack([scene.classes(number) for scene in answers])
        assert_equals(classes, tensor(NAME, f'out/class_logits_{number}'), f'classes of head {number}')
    hidden = torch.stack([scene.hidden for scene in answers])
    assert_equals(hidden, tensor(NAME, 'mid/last_hidden_state'), 'queries')


def test_what_queries_may_not_see():
    heads = sizes(NAME, CONFIG)[8]
    for number in range(sum(key.startswith('mid/attention_mask_') for key in archives.archive(NAME))):
        masks, expected = tensor(NAME, f'out/mask_logits_{number}'), tensor(NAME, f'mid/attention_mask_{number}')
        shape = tensor(NAME, f'in/feat_{(32, 16, 8)[number % 3]}').shape[-2:]
        for scene, logits in enumerate(masks):
            blocked = expected[scene * heads].clone()
            blocked[blocked.all(1)] = False  # the archive shows them before rows that see nothing are freed
            found = outside(resized(logits, tuple(shape)).flatten(1))
            assert (found != blocked).float().mean() < 1e-3, f'head {number}, scene {scene}'


@torch.no_grad()
def test_texts_find_their_queries():
    published = archives.weights(NAME)
    dim, heads = sizes(NAME, CONFIG)[5], sizes(NAME, CONFIG)[8]
    matcher = TextMatcher(dim, heads, archives.count(published, r'lang_fc1s\.(\d+)\.'))
    assert not apply_weights(matcher, text_matcher.remap_keys(published))
    for scene, queries in enumerate(tensor(NAME, 'mid/last_hidden_state')):
        found = matcher(tensor(NAME, f'in/text_{scene}'), queries)
        assert_equals(found, tensor(NAME, f'out/text_query_logits_{scene}'), f'scene {scene}')
