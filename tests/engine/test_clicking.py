"""``--clicks``: a user plays with the real model; the model sees his clicks and nothing else."""

import json
from dataclasses import replace

import pytest
import torch
from model_samples import room_sample
from torch.utils.data import Dataset
from toy_system import toy_config

from uniseg3d.engine.clicking import play_rounds
from uniseg3d.engine.launch import run_test
from uniseg3d.engine.options import TestOptions
from uniseg3d.models.queries.correction import SimulatedUser
from uniseg3d.registry import DATASETS, MODELS
from uniseg3d.structures import Prompts, SceneBatch
from uniseg3d.utils.errors import ConfigError

MODEL = {
    'type': 'UniSeg3D',
    'encoder': {'type': 'SuperpointEncoder', 'dim': 16, 'point_dim': 8, 'blocks': 1, 'heads': 2},
    'text_encoder': {'type': 'ScratchText', 'dim': 16, 'width': 8, 'heads': 2, 'layers': 1, 'table': 64},
    'queries': {'type': 'UnifiedQueries', 'dim': 16},
    'decoder': {
        'type': 'QueryDecoder', 'in_channels': 16, 'dim': 16, 'heads': 2, 'hidden': 16, 'layers': 1,
        'class_head': {'type': 'LinearClassHead', 'dim': 16, 'classes': 18},
        'semantic_head': {'type': 'LinearClassHead', 'dim': 16, 'classes': 20},
        'iou_head': {'type': 'IoUHead', 'dim': 16},
    },
    'postprocess': {'type': 'UniSeg3DPostprocess', 'topk': 20, 'min_points': 1},
}  # fmt: skip
ROUNDS = 4


@DATASETS.register_module()
class ClickedRooms(Dataset):
    """Three rooms; the second has nothing to click, the last no annotations."""

    metainfo = {'classes': ()}  # noqa: RUF012
    scene_ids = [f'room{i:04d}_00' for i in range(3)]  # noqa: RUF012

    def __len__(self):
        return len(self.scene_ids)

    def __getitem__(self, index):
        sample = room_sample(index, boxes=0 if index == 1 else 3)
        return replace(sample, targets=None) if index == 2 else sample


@pytest.fixture
def model():
    torch.manual_seed(0)
    return MODELS.build(MODEL).eval()


@pytest.fixture
def config(tmp_path, model):
    """A config of the tiny model on the rooms above; its weights lie in weights.pth."""
    torch.save(model.state_dict(), tmp_path / 'weights.pth')
    return toy_config(
        tmp_path,
        f"""
        model = dict(_delete_=True, **{MODEL!r})
        test_dataloader = dict(batch_size=2, dataset=dict(_delete_=True, type='ClickedRooms'))
        test_evaluator = dict(_delete_=True, type='UnifiedMetric', dump='{tmp_path}/numbers.json')
        """,
    )


def options(config, **kwargs):
    return TestOptions(config=str(config), checkpoint=str(config.parent / 'weights.pth'), **kwargs)


@torch.no_grad()
def play(model, sample, rounds):
    batch = SceneBatch([sample])
    first = model.predict(batch)[0].clicks.masks
    return first, play_rounds(model, model.extract_feat(batch)[0], sample, first, rounds)


def test_each_round_answers_the_clicks_of_the_round(model):
    sample = room_sample(0, boxes=3)
    first, masks = play(model, sample, ROUNDS)
    assert masks.shape == (ROUNDS, 3, len(sample.superpoints)) and torch.equal(masks[0], first)
    user, clicks = SimulatedUser(sample), sample.prompts.clicks
    for r in range(1, ROUNDS):
        clicks = user.correct(clicks, masks[r - 1])
        assert len(clicks.point) == (r + 1) * 3  # an untrained model is wrong everywhere
        with torch.no_grad():
            (alone,) = model.predict(SceneBatch([replace(sample, targets=None, prompts=Prompts(clicks))]))
        assert torch.equal(masks[r], alone.clicks.masks)


def test_one_round_is_the_first_click(model):
    first, masks = play(model, room_sample(0), 1)
    assert torch.equal(masks, first[None])


class Perfect:
    """Knows the answer once it is clicked twice; counts how often it is asked."""

    def __init__(self, model, truth):
        self.model, self.truth, self.asked = model, truth, 0

    def answer(self, scene, prompts):
        self.asked += 1
        found = self.model.answer(scene, prompts)
        return replace(found, clicks=replace(found.clicks, masks=self.truth))


def test_a_content_user_clicks_no_more(model):
    sample = room_sample(0, boxes=3)
    with torch.no_grad():
        (scene,) = model.extract_feat(SceneBatch([sample]))
        perfect = Perfect(model, sample.targets.masks)
        masks = play_rounds(perfect, scene, sample, ~sample.targets.masks, 6)
    assert perfect.asked == 1 and len(masks) == 6
    assert all(torch.equal(later, sample.targets.masks) for later in masks[1:])


def test_the_command_line_measures_rounds(tmp_path, config):
    plain = run_test(options(config))
    played = run_test(options(config, clicks=ROUNDS))
    assert {key: played[key] for key in plain} == pytest.approx(plain, nan_ok=True)
    assert played['IoU@1'] == pytest.approx(plain['Point Prompt mIoU'])
    assert {'IoU@2', 'IoU@3', 'NoC@80'} <= set(played) and 'IoU@5' not in played
    assert 1 <= played['NoC@50'] <= ROUNDS
    scenes = json.loads((tmp_path / 'numbers.json').read_text())['scenes']
    assert 'IoU@2' in scenes['room0000_00'] and 'IoU@2' not in scenes['room0001_00']


def test_a_model_that_answers_no_prompts_is_refused(tmp_path):
    config = toy_config(tmp_path)
    torch.save(MODELS.build({'type': 'ToyModel'}).state_dict(), tmp_path / 'weights.pth')
    with pytest.raises(ConfigError, match='--clicks needs a model that answers prompts, and ToyModel does not'):
        run_test(options(config, clicks=2))


def test_votes_and_users_exclude_each_other(config):
    with pytest.raises(ConfigError, match='--tta and --clicks exclude each other'):
        run_test(options(config, clicks=2, tta=True))


def test_no_rounds_are_refused(config):
    with pytest.raises(ConfigError, match='at least 1, got 0'):
        run_test(options(config, clicks=0))
