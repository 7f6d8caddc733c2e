"""PanSt3R where there is little or much: one view, few keyframes, portraits, classes at run time, training."""

import pytest
import torch
from panst3r_models import small_config, small_model

from uniseg3d.models.systems.panst3r import chosen_keyframes
from uniseg3d.registry import MODELS
from uniseg3d.structures.view_batch import ViewBatch
from uniseg3d.utils.errors import ConfigError, DataError

NAMES = ['chair', 'oval table', 'wall']


def photos(*sizes: tuple[int, int], seed: int = 0) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.rand(1, 3, *size, generator=generator) * 2 - 1 for size in sizes]


def batch(sequences: int = 2, views: int = 3, labelled: bool = True) -> ViewBatch:
    images = torch.cat(photos(*[(32, 48)] * sequences * views)).unflatten(0, (sequences, views))
    ids = [f's{row}' for row in range(sequences)]
    made = ViewBatch(ids, images, [[str(view) for view in range(views)] for _ in ids])
    if labelled:
        rows = torch.arange(48).expand(sequences, views, 32, 48) // 16
        made.instance, made.semantic, made.classes = rows + 1, rows % 2, [['chair', 'wall'], ['lamp', 'chair']][:sequences]
    return made


def asked(model, images, names=NAMES, **options):
    with torch.no_grad():
        return model.understand(images, model.class_text(names), **options)


@pytest.mark.parametrize('second', [False, True])
@pytest.mark.parametrize('sizes', [[(32, 48)], [(32, 48), (48, 32), (32, 32)], [(16, 16)] * 4])
def test_any_number_of_images_of_any_shapes(second, sizes):
    answer = asked(small_model(second), photos(*sizes))
    assert answer.masks.classes.shape == (6, 3) and answer.masks.sizes == sizes
    for size, points, masks in zip(sizes, answer.points, answer.masks.logits, strict=True):
        assert points.world.shape == points.local.shape == (1, *size, 3) and points.confidence.min() >= 1
        assert masks.shape == (6, size[0] // 2, size[1] // 2)


@pytest.mark.parametrize('keyframes', [1, 2, [2, 0], 9, None])
def test_views_come_back_in_the_order_they_were_given(keyframes):
    model, images = small_model(), photos(*[(32, 48)] * 3)
    answer = asked(model, images, keyframes=keyframes, most=2)
    one_by_one = asked(model, images, keyframes=keyframes, most=1)
    for view in range(3):
        torch.testing.assert_close(answer.points[view].world, one_by_one.points[view].world, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(answer.masks.logits[view], one_by_one.masks.logits[view], atol=1e-4, rtol=1e-4)


def test_a_view_that_is_no_keyframe_does_not_change_the_others():
    model, images = small_model(), photos(*[(32, 48)] * 3)
    without, beside = asked(model, images[:2], keyframes=[0, 1]), asked(model, images, keyframes=[0, 1])
    torch.testing.assert_close(beside.queries, without.queries)
    torch.testing.assert_close(beside.masks.logits[1], without.masks.logits[1], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ('keyframes', 'message'),
    [(0, 'at least one view'), ([], 'different numbers from 0 to 2'), ([0, 0], 'different'), ([3], 'from 0 to 2')],
)
def test_keyframes_that_make_no_sense(keyframes, message):
    with pytest.raises(ConfigError, match=message):
        chosen_keyframes(3, keyframes)


def test_more_keyframes_than_images_are_all_images():
    assert chosen_keyframes(3, 50) == [0, 1, 2] and chosen_keyframes(5, 2) == [0, 4] and chosen_keyframes(1, 1) == [0]


def test_no_image_is_refused():
    model = small_model()
    with pytest.raises(DataError, match='no images; expected at least one'):
        asked(model, [])


def test_other_classes_need_no_second_look():
    model, images = small_model(), photos((32, 48), (32, 48))
    answer = asked(model, images)
    with torch.no_grad():
        logits = model.panoptic.class_head(answer.queries, model.class_text(['piano', 'chair']))
    torch.testing.assert_close(logits[:, 1], answer.masks.classes[:, 0])


@pytest.mark.parametrize('second', [False, True])
@torch.no_grad()
def test_predict_asks_for_the_classes_of_the_batch_or_else_of_the_model(second):
    model = small_model(second)
    plain = batch(labelled=False)
    answers = list(model.predict(plain))
    assert len(answers) == 2 and all(len(answer.panoptic) == 1 for answer in answers)
    first = answers[0].panoptic[0]
    assert [part.shape for part in first.segments] == [(32, 48)] * 3 and (first.labels < len(NAMES)).all()
    plain.classes = [['lamp']] * 2
    assert all((views.labels == 0).all() for views in model.predict(plain).panoptic)


@torch.no_grad()
def test_predict_never_looks_at_labels():
    model, labelled = small_model(), batch()
    before = model.predict(labelled)
    labelled.instance, labelled.semantic = None, None
    after = model.predict(labelled)
    assert torch.equal(before.world, after.world)
    assert all(torch.equal(a, b) for a, b in zip(before.panoptic[0].segments, after.panoptic[0].segments, strict=True))


@pytest.mark.parametrize('learn', [False, True])
@pytest.mark.parametrize('second', [False, True])
def test_training_teaches_what_it_should(second, learn):
    criterion = {'type': 'ViewPanopticCriterion', 'points': 40}
    model = small_model(second, criterion=criterion, learn_geometry=learn).train()
    terms = model(batch(), mode='loss')
    assert {'loss_ce', 'loss_mask', 'loss_dice', 'loss_ce_1'} <= set(terms)
    sum(terms.values()).backward()
    taught = {name.split('.')[0] for name, parameter in model.named_parameters() if parameter.grad is not None}
    assert taught == {'panoptic', 'class_text'} | ({'encoder', 'decoder'} if learn else set())
    assert model.decoder.training == learn and model.panoptic.training


def test_a_small_network_is_told_places_and_taught_pixels():
    placing = {'type': 'MatchedPose', 'dims': (16, 24), 'features': 4, 'hidden': 16}
    parts = {
        'head': {'type': 'PlacedHead', 'local': {'type': 'RayPointmapHead', 'dim': 24}, 'placing': placing},
        'patch_places': {'type': 'PatchPlaces', 'frequencies': 2},
        'pixel_head': {'type': 'TextClassHead', 'dim': 8, 'text_dim': 12},
        'criterion': {'type': 'ViewPanopticCriterion', 'points': 40},
    }
    config = small_config(True, stuff=['wall'], **parts)
    config['panoptic']['mixer']['in_dim'] += 12
    config['panoptic'] |= {'seeds': 3, 'upscaler': config['panoptic']['upscaler'] | {'own_patch': True}}
    model = MODELS.build(config).train()
    terms = model(batch(), mode='loss')
    assert terms['loss_pixels'] > 0
    sum(terms.values()).backward()
    taught = {name.split('.')[0] for name, parameter in model.named_parameters() if parameter.grad is not None}
    assert taught == {'panoptic', 'class_text', 'patch_places', 'pixel_head'}
    answer = asked(model.eval(), photos((32, 48), (48, 32), (16, 16)), keyframes=[1, 0])
    torch.testing.assert_close(answer.points[1].world, answer.points[1].local)
    assert len(answer.masks.logits[2]) == 9


def test_what_is_missing_for_training_is_said():
    with pytest.raises(ConfigError, match='has no criterion'):
        small_model().loss(batch())
    with pytest.raises(DataError, match='no panoptic labels'):
        small_model(criterion={'type': 'ViewPanopticCriterion'}).loss(batch(labelled=False))
    with pytest.raises(ConfigError, match="mode 'train' is unknown"):
        small_model()(batch(), mode='train')
    with pytest.raises(ConfigError, match='cannot be merged by'):
        small_model(merge='best')


def test_bfloat16_around_it_works_with_few_keyframes():
    model, images = small_model(True), photos(*[(32, 48)] * 3)
    with torch.autocast('cpu', torch.bfloat16):
        answer = asked(model, images, keyframes=2)
    assert all(masks.dtype == torch.float32 and masks.isfinite().all() for masks in answer.masks.logits)
