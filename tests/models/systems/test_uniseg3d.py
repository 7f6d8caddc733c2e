"""The whole system on small rooms: what it learns from, what it may look at, and what it answers."""

from dataclasses import replace

import pytest
import torch
from model_samples import room_sample

from uniseg3d.models import UniSeg3D
from uniseg3d.structures import Clicks, Prompts, SceneBatch, Texts
from uniseg3d.utils.errors import ConfigError, DataError

DIM = 16


def parts(**decoder):
    head = {'type': 'LinearClassHead', 'dim': 32}
    return {
        'encoder': {'type': 'SuperpointEncoder', 'dim': DIM, 'point_dim': 8, 'blocks': 1, 'heads': 2},
        'text_encoder': {'type': 'ScratchText', 'dim': DIM, 'width': 16, 'heads': 2, 'layers': 1},
        'queries': {'type': 'UnifiedQueries', 'dim': DIM},
        'decoder': dict(
            type='QueryDecoder', in_channels=DIM, dim=32, heads=2, hidden=32, layers=2, iou_head={'type': 'IoUHead', 'dim': 32},
            class_head=head | {'classes': 18}, semantic_head=head | {'classes': 20}, **decoder,
        ),
        'postprocess': {'type': 'UniSeg3DPostprocess', 'min_points': 5, 'panoptic_threshold': 0.0, 'object_threshold': -9.0},
        'criterion': {'type': 'UniSeg3DCriterion'},
    }  # fmt: skip


@pytest.fixture
def build():
    def make(changes=None, **decoder):
        torch.manual_seed(0)
        return UniSeg3D(**(parts(**decoder) | (changes or {})))

    return make


def batch_of(*seeds):
    return SceneBatch([room_sample(seed) for seed in seeds])


def test_every_task_is_answered(build):
    batch = batch_of(0, 1)
    for sample, found in zip(batch, build().eval().predict(batch), strict=True):
        assert found.scene_id == sample.scene.scene_id
        assert len(found.semantic) == len(sample.superpoints) == len(found.panoptic.segment)
        assert len(found.clicks) == len(sample.prompts.clicks) == 3
        assert len(found.texts) == len(sample.prompts.texts) == 3
        assert len(found.instances) > 0 and len(found.objects) > 0
        assert found.clicks.class_probabilities.shape == (3, 18)


def test_answers_do_not_depend_on_the_truth_or_on_the_batch(build):
    batch, model = batch_of(0, 1), build().eval()
    blind = SceneBatch([replace(sample, targets=None) for sample in batch])
    alone = [model.predict(SceneBatch([sample]))[0] for sample in batch]
    for name in ('clicks', 'texts', 'instances'):
        for one, other, third in zip(model.predict(batch), model.predict(blind), alone, strict=True):
            assert torch.equal(getattr(one, name).masks, getattr(other, name).masks)
            torch.testing.assert_close(getattr(one, name).scores, getattr(third, name).scores, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize('sees', [(), ('texts',), ('clicks', 'texts')])
def test_a_prompt_asked_later_gets_the_same_answer(build, sees):
    batch, model = batch_of(0), build(prompts_see_scene=sees, position={'type': 'FourierPosition', 'dim': 32}).eval()
    prompts = batch.samples[0].prompts
    everything = model.predict(batch)[0]
    (scene,) = model.extract_feat(batch)
    first = model.answer(scene, Prompts(texts=prompts.texts))  # the scene itself is asked along with the first prompts
    later = model.answer(scene, Prompts(prompts.clicks))
    assert first.semantic is not None and later.semantic is None
    torch.testing.assert_close(first.texts.scores, everything.texts.scores)
    torch.testing.assert_close(later.clicks.scores, everything.clicks.scores)
    assert torch.equal(later.clicks.masks, everything.clicks.masks)


def test_all_parameters_learn(build):
    model = build({'corrections': {'type': 'CorrectionClicks', 'probability': 1.0}}).train()
    losses = model.loss(batch_of(0, 1))
    assert set(losses) >= {'inst_loss', 'seg_loss', 'point_prompt_inst_loss', 'text_prompt_inst_loss', 'contrastive_loss'}
    sum(losses.values()).backward()
    still = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.isfinite().all()]
    assert not still


def test_loss_is_a_mean_over_scenes(build):
    model = build().eval()  # no random choice of queries
    batch = batch_of(0, 1)
    together = model.loss(batch)
    apart = [model.loss(SceneBatch([sample])) for sample in batch]
    for name, value in together.items():
        expected = torch.stack([losses[name] for losses in apart]).mean()
        torch.testing.assert_close(value, expected, atol=1e-3, rtol=1e-3, msg=name)


def test_scenes_without_anything_to_ask_for(build):
    sample = room_sample(0)
    targets = sample.targets
    none = torch.zeros(0, dtype=torch.long)
    rows = targets.masks[:0]
    bare = replace(
        sample,
        prompts=Prompts(),
        targets=replace(
            targets, instance=torch.full_like(targets.instance, -1), labels=none, object_ids=none, masks=rows,
            click_instance=none, text_masks=rows, text_labels=none, text_object_ids=none,
        ),
    )  # fmt: skip
    model = build()
    found = model.eval().predict(SceneBatch([bare]))[0]
    assert len(found.clicks) == len(found.texts) == 0 and found.semantic is not None
    losses = model.train().loss(SceneBatch([bare, room_sample(1)]))
    assert all(value.isfinite() for value in losses.values())
    sum(losses.values()).backward()


def test_simulated_corrections_give_more_clicks(build):
    batch = batch_of(0)
    model = build({'corrections': {'type': 'CorrectionClicks', 'probability': 1.0, 'rounds': 1}}).train()
    scenes = model.extract_feat(batch)
    (prompts,) = model._training_prompts(scenes, batch)
    before = batch.samples[0].prompts.clicks
    assert len(prompts.clicks) == len(before) and len(prompts.clicks.point) > len(before.point)
    assert len(prompts.texts) == 3


def test_several_clicks_and_any_sentence(build):
    sample, model = room_sample(0), build().eval()
    point = torch.tensor([0, 5, 9])
    clicks = Clicks(point, sample.superpoints.ids[point], torch.tensor([0, 0, 1]), torch.tensor([True, False, True]))
    texts = Texts(['', '椅子'], torch.tensor([[49406, 49407] + [0] * 75, [49406, 162, 98, 49407] + [0] * 73]))
    found = model.predict(SceneBatch([replace(sample, prompts=Prompts(clicks, texts), targets=None)]))[0]
    assert len(found.clicks) == len(found.texts) == 2
    assert found.texts.scores.isfinite().all()


def test_mistakes_are_named(build):
    sample = room_sample(0)
    with pytest.raises(ConfigError, match="mode 'fit' is unknown"):
        build()(SceneBatch([sample]), mode='fit')
    with pytest.raises(ConfigError, match='no criterion'):
        build({'criterion': None}).loss(SceneBatch([sample]))
    with pytest.raises(DataError, match='has no targets'):
        build().loss(SceneBatch([replace(sample, targets=None)]))


NAMING = {'name_head': {'type': 'NamingHead', 'dim': 32, 'text_dim': DIM, 'classes': 18, 'embed_dim': 8}}
OPEN = {'criterion': {'type': 'UniSeg3DCriterion', 'weights': {'open_text': 1.0}}}


def test_free_names_are_asked_for_and_forgotten(build):
    batch, model = batch_of(0, 1), build(**NAMING).eval()
    assert all(found.named is None for found in model.predict(batch))
    model.set_names(['round table', 'oval table', 'sofa, couch'])
    found = model.predict(batch)[0]
    assert len(found.named) > 0 and found.named.labels.max() < 3
    (scene,) = model.extract_feat(batch_of(0))
    torch.testing.assert_close(model.answer(scene, Prompts()).named.scores, found.named.scores, atol=1e-4, rtol=1e-4)
    assert model.answer(scene, batch.samples[0].prompts).named is None  # of a scene that has been asked for everything
    model.set_names(None)
    assert model.predict(batch)[0].named is None


def test_names_may_be_a_class_list(build):
    model = build({'names': 'scannet20'}, **NAMING).eval()
    assert model._said().shape == (20, 1, 26)
    model.set_names('scannet200')
    assert len(model._said()) == 200
    assert build({'names': ['oval table', 'a red, round thing']}, **NAMING).eval()._said().shape == (2, 2, 26)


def test_every_part_of_naming_learns(build):
    model = build(OPEN, **NAMING).train()
    losses = model.loss(batch_of(0, 1))
    losses['open_text_loss'].backward()
    for part in (model.decoder.name_head, model.text_encoder):
        assert all(p.grad is not None for p in part.parameters())
        assert max(float(p.grad.abs().max()) for p in part.parameters()) > 0


def test_names_need_a_model_that_learns_them(build):
    model = build().eval()
    model.set_names(['bed'])
    with pytest.raises(ConfigError, match='give it a NamingHead'):
        model.predict(batch_of(0))
    with pytest.raises(ConfigError, match='no name_head'):
        build(OPEN).loss(batch_of(0))
