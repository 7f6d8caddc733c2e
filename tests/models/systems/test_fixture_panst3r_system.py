"""Family iv: the whole of PanSt3R, both generations, with all and with few keyframes, and images of mixed shapes."""

from functools import cache

import pytest
import torch
from panst3r_archives import archive, assert_equals, tensor
from panst3r_models import text_directions, whole_model
from torch import Tensor

from uniseg3d.models.decoders.memory_driver import remember, render
from uniseg3d.models.heads.two_frames import TwoFrameAnswer
from uniseg3d.models.systems.panst3r import PanSt3R, SceneAnswer

pytestmark = pytest.mark.full_set
PLAIN = ['iv_panst3r_v1', 'iv_panst3r_v1_small', 'iv_panst3r_v2', 'iv_panst3r_v2_small']
MIXED = ['iv_panst3r_v1_mixed_shapes', 'iv_panst3r_v2_mixed_shapes']
DRIVER = [(name, key) for name in PLAIN for key in ('k4', 'k2')]


@cache
def model(name: str, upright: bool = False) -> PanSt3R:
    return whole_model(name, transpose_portraits=not upright)


def tolerance(name: str) -> float:
    return 1e-2 if '_v2' in name else 5e-6


def images(name: str) -> list[Tensor]:
    """[1, 3, H, W] each."""
    if 'in.images' in archive(name):
        return list(tensor(name, 'in.images')[0].split(1))
    return [tensor(name, f'in.image{view}')[None] for view in range(sum(key.startswith('in.image') for key in archive(name)))]


def understood(name: str, keyframes: list[int], upright: bool = False) -> SceneAnswer:
    with torch.no_grad():
        made = model(name, upright)
        return made.understand(images(name), text_directions(name), keyframes, smallest_first=True)


def assert_points(answer: TwoFrameAnswer, name: str, raw: Tensor) -> None:
    """Against raw channels, activated."""
    expected = model(name).head.activate(raw)
    for got, wanted in zip(answer, expected, strict=True):
        assert (got - wanted).abs().max() <= 1e-5 * (1 + wanted.abs().max())


@pytest.mark.parametrize('name', PLAIN)
def test_what_the_parts_say_on_the_way(name):
    made = model(name)
    with torch.no_grad():
        views = made.extract_feat(images(name))
        _, memory = remember(made.decoder, views)
        tokens = list(render(made.decoder, views, memory))
        points = [made.head.raw([last], view.size) for last, view in zip(tokens, views, strict=True)]
    assert_equals(torch.stack([view.features for view in views], 1), name, 'must3r_encoder')
    assert_equals(torch.stack(tokens, 1), name, 'must3r_decoder')
    assert_equals(torch.stack(points, 1), name, 'pointmaps_raw')
    assert torch.equal(torch.stack([view.positions for view in views])[None], tensor(name, 'out.positions'))


@pytest.mark.parametrize(('name', 'key'), DRIVER)
def test_all_and_few_keyframes(name, key):
    views = len(images(name))
    known = f'cfg.keyframes_of_infer_{key}'
    keyframes = archive(name)[known].tolist() if known in archive(name) else list(range(views))
    answer, prefix = understood(name, keyframes), f'infer_{key}'
    assert_equals(answer.masks.classes[None], name, f'{prefix}.pred_logits', tolerance(name))
    assert_equals(torch.stack(list(answer.masks.logits))[:, None], name, f'{prefix}.pred_masks', tolerance(name))
    queries = model(name).panoptic.mask_head.norm(tensor(name, f'out.{prefix}.out_queries')[:, 0]).detach()
    assert (answer.queries - queries).abs().max() <= tolerance(name) * (1 + queries.abs().max())
    for view, raw in zip(answer.points, tensor(name, f'out.{prefix}.pointmaps_raw'), strict=True):
        assert_points(view, name, raw)


@pytest.mark.parametrize('name', MIXED)
def test_mixed_shapes_as_the_original_has_them(name):
    """Its second generation looks at portraits as if they were transposed."""
    answer = understood(name, archive(name)['cfg.keyframes'].tolist())
    assert_equals(answer.masks.classes[None], name, 'pred_logits', tolerance(name))
    for view, logits in enumerate(answer.masks.logits):
        assert_equals(logits[None], name, f'pred_masks{view}', tolerance(name))
        assert_points(answer.points[view], name, tensor(name, f'out.pointmaps_raw{view}'))


@pytest.mark.parametrize('name', MIXED)
def test_ours_keeps_every_image_upright(name):
    answer = understood(name, archive(name)['cfg.keyframes'].tolist(), upright=True)
    for image, logits in zip(images(name), answer.masks.logits, strict=True):
        assert logits.shape[1:] == (image.shape[2] // 2, image.shape[3] // 2)


def test_a_turned_portrait_differs_only_in_what_was_turned():
    """Points do not depend on the upscaler."""
    name = MIXED[1]
    keyframes = archive(name)['cfg.keyframes'].tolist()
    theirs, ours = (understood(name, keyframes, upright) for upright in (False, True))
    assert torch.equal(theirs.points[1].world, ours.points[1].world)
    portrait = next(view for view, image in enumerate(images(name)) if image.shape[2] > image.shape[3])
    assert theirs.masks.logits[portrait].shape[1:] == ours.masks.logits[portrait].shape[:0:-1]
