"""One picture of all tasks."""

import dataclasses

import numpy as np
import pytest
import torch
from model_samples import room_sample
from PIL import Image

from uniseg3d.structures import MaskSet, PanopticMap, Prediction, Sample, Texts
from uniseg3d.structures.prompts import Clicks, Prompts
from uniseg3d.utils.errors import ConfigError, DataError
from uniseg3d.visualization.figure import GAP, INK, YES
from uniseg3d.visualization.palette import HIGHLIGHT, class_colors
from uniseg3d.visualization.task_row import LONGEST, TaskRow
from uniseg3d.visualization.task_sheet import COLUMNS, sheet_of_tasks

SIZE = (160, 120)


@pytest.fixture
def sample():
    return room_sample(seed=3, boxes=3, density=150)


def answer(sample):
    """All six tasks, as the targets have it."""
    targets, count = sample.targets, len(sample.targets.labels)
    semantic = targets.semantic_superpoints.clamp(max=19)
    things = MaskSet(targets.masks, torch.linspace(1, 0.7, count), targets.labels)
    segment = torch.where(targets.masks.any(0), targets.masks.int().argmax(0) + 2, semantic.clamp(max=1))
    panoptic = PanopticMap(semantic, segment)
    objects = MaskSet(targets.masks, torch.linspace(1, 0.7, count), torch.full((count,), -1))
    return Prediction(
        sample.scene.scene_id, sample.superpoints, semantic, things, panoptic, clicks=things, texts=things, objects=objects
    )


def row_of(sample, prediction, max_clicks=5):
    return TaskRow(sample, prediction, 'scannet20', SIZE, max_clicks)


def with_texts(sample, sentences):
    """The first sentences mean the objects in turn."""
    which = torch.arange(len(sentences)) % len(sample.targets.labels)
    targets = dataclasses.replace(
        sample.targets, text_masks=sample.targets.masks[which], text_labels=which, text_object_ids=which
    )
    texts = Texts(sentences, torch.zeros(len(sentences), 77).long())
    return Sample(sample.scene, sample.superpoints, Prompts(sample.prompts.clicks, texts), targets)


def test_a_row_has_a_panel_for_every_task(sample):
    panels = row_of(sample, answer(sample)).panels()
    assert tuple(panels) == COLUMNS
    assert {panel.image.shape for panel in panels.values()} == {(120, 160, 3)}
    assert panels['input'].caption == sample.scene.scene_id
    assert panels['clicks'].caption == f'{len(row_of(sample, answer(sample))._visible_clicks())} of 3 clicks'
    assert panels['sentence'].caption.startswith('"the box number ')


def test_an_object_has_one_color_in_all_panels_with_and_without_truth(sample):
    bare = Sample(sample.scene, sample.superpoints, sample.prompts)
    for scene in (sample, bare):
        prediction = answer(sample)
        prediction.objects.masks = prediction.objects.masks.flip(0)  # in another order
        row = row_of(scene, prediction)
        panels = row.panels()
        shown = row.canvas.values(sample.targets.instance.numpy()) >= 0
        np.testing.assert_array_equal(panels['instances'].image[shown], panels['objects of any class'].image[shown])
        inner = shown & (panels['instances'].image == panels['panoptic'].image).all(-1)
        assert inner.sum() > 0.8 * shown.sum()


def test_only_answered_tasks_are_drawn(sample):
    only = Prediction('r', sample.superpoints, semantic=sample.targets.semantic_superpoints.clamp(max=19))
    assert list(row_of(sample, only).panels()) == ['input', 'semantic']
    silent = Sample(sample.scene, sample.superpoints)
    nothing = MaskSet(sample.targets.masks[:0], torch.zeros(0), torch.zeros(0).long())
    unasked = dataclasses.replace(answer(sample), clicks=nothing, texts=nothing)
    assert [c for c in COLUMNS if c not in row_of(silent, unasked).panels()] == ['clicks', 'sentence']


def test_true_objects_are_outlined_only_where_they_are_known(sample):
    prediction = answer(sample)
    prediction.texts.masks = torch.zeros_like(prediction.texts.masks)
    known = row_of(sample, prediction).panels()['sentence'].image
    unknown = row_of(Sample(sample.scene, sample.superpoints, sample.prompts), prediction).panels()['sentence'].image
    assert (known == INK).all(-1).sum() > 20
    assert not (unknown == INK).all(-1).any()


def test_marks_of_clicks_lie_on_what_was_clicked(sample):
    row = row_of(sample, answer(sample))
    clicks, seen = sample.prompts.clicks, row._visible_clicks()
    assert 0 < len(seen) <= 3
    shown = row.canvas.values(sample.superpoints.ids.numpy())
    for prompt in seen:
        x, y = row.canvas.pixels(sample.scene.xyz[clicks.point[prompt]][None].numpy())[0].astype(int)
        assert shown[y, x] == clicks.superpoint[prompt]
    hidden = torch.from_numpy(~row.canvas.visible & ~row.canvas.kept).nonzero()[0, 0]  # cut away with the near wall
    behind = Clicks.single(hidden[None], sample.superpoints.ids[hidden][None])
    bare = Sample(sample.scene, sample.superpoints, Prompts(behind))
    one = MaskSet(sample.targets.masks[:1], torch.ones(1), torch.zeros(1).long())
    panel = row_of(bare, Prediction('r', sample.superpoints, clicks=one)).panels()['clicks']
    assert panel.caption == '0 of 1 clicks' and not (panel.image == YES).all(-1).any()


def test_a_limit_takes_clicks_from_the_whole_list(sample):
    row = row_of(sample, answer(sample), max_clicks=2)
    row._visible_clicks = lambda: np.arange(3)
    assert row.panels()['clicks'].caption == '2 of 3 clicks'


def test_the_longest_sentence_that_fits_is_shown(sample):
    long = 'word ' * LONGEST
    several = with_texts(sample, ['a box', 'a box beside the wall', long])
    row = row_of(several, answer(sample))
    everything = torch.ones(3, len(sample.superpoints), dtype=torch.bool)
    assert row._telling_sentence(everything) == 1
    everything[1] = False  # out of sight
    assert row._telling_sentence(everything) == 0
    everything[:2] = False
    assert row._telling_sentence(everything) == 2
    assert row._telling_sentence(everything & False) == 1
    [caption] = [row_of(with_texts(sample, [long]), answer(sample)).panels()['sentence'].caption]
    assert caption.endswith(' …"') and len(caption) <= LONGEST + 2


def test_the_sheet_has_a_row_per_scene_and_one_legend(tmp_path, sample):
    bare = Sample(sample.scene, sample.superpoints)
    semantic = Prediction('r', sample.superpoints, semantic=sample.targets.semantic_superpoints.clamp(max=19))
    path = sheet_of_tasks([(sample, answer(sample)), (bare, semantic)], tmp_path / 'new' / 'tasks.png', size=SIZE)
    sheet = np.asarray(Image.open(path))
    assert sheet.shape[1] == GAP + len(COLUMNS) * (SIZE[0] + GAP)
    assert sheet.shape[0] > 2 * SIZE[1] + 60
    foot = sheet[-120:]
    for color in (HIGHLIGHT, INK, YES, class_colors()[1], class_colors()[4]):
        assert (foot == color).all(-1).sum() > 300
    assert not (foot == class_colors()[19]).all(-1).any(), 'a class that nothing shows'


def test_columns_and_legend_follow_the_tasks(tmp_path, sample):
    semantic = Prediction('r', sample.superpoints, semantic=sample.targets.semantic_superpoints.clamp(max=19))
    sheet = np.asarray(Image.open(sheet_of_tasks(iter([(sample, semantic)]), tmp_path / 'a.png', size=SIZE)))
    assert sheet.shape[1] == GAP + 2 * (SIZE[0] + GAP)
    assert not (sheet == HIGHLIGHT).all(-1).any()


def test_what_cannot_be_drawn_is_refused(tmp_path, sample):
    with pytest.raises(DataError, match='nothing to draw: a sheet of tasks needs at least one scene'):
        sheet_of_tasks([], tmp_path / 'tasks.png')
    with pytest.raises(ConfigError, match=r'the suffix must be one of .png'):
        sheet_of_tasks([(sample, answer(sample))], tmp_path / 'tasks.bmp')
    assert not list(tmp_path.iterdir())
