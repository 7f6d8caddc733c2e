"""Pictures and exports of scenes with all, some or no tasks."""

import numpy as np
import pytest
import torch
from lifted_scenes import lifted_sample, system
from model_samples import room_sample
from PIL import Image

from uniseg3d.io.gltf import read_glb
from uniseg3d.io.ply import read_ply
from uniseg3d.registry import VISUALIZERS
from uniseg3d.structures import MaskSet, PanopticMap, Prediction, Sample, SceneBatch
from uniseg3d.utils.errors import ConfigError, DataError
from uniseg3d.visualization.browse import browse, describe, sheet_of_rooms
from uniseg3d.visualization.export import export_cloud
from uniseg3d.visualization.figure import YES
from uniseg3d.visualization.paint import first_mask, input_colors, instance_map, matched_colors, object_reference
from uniseg3d.visualization.palette import HIGHLIGHT, class_colors, instance_colors
from uniseg3d.visualization.scene_panels import ScenePanels

SMALL = {'type': 'SceneVisualizer', 'size': (160, 120), 'max_prompts': 2}


@pytest.fixture
def sample():
    return room_sample(seed=3, boxes=6, density=100)


def predict_truth(sample):
    """A prediction of all five tasks that says exactly what the targets say."""
    targets = sample.targets
    count = len(targets.labels)
    semantic = targets.semantic_superpoints.clamp(max=19)
    segment = semantic.clamp(max=1)
    for thing, mask in enumerate(targets.masks):
        segment = torch.where(mask, thing + 2, segment)
    masks = MaskSet(targets.masks, torch.linspace(1, 0.5, count), targets.labels)
    return Prediction(
        sample.scene.scene_id, sample.superpoints, semantic, masks, PanopticMap(semantic, segment), clicks=masks, texts=masks
    )


def test_every_task_has_a_panel_and_truth_equals_a_perfect_prediction(sample):
    colors = ScenePanels(sample, predict_truth(sample)).point_colors()
    assert list(colors) == [
        'input', 'semantic, truth', 'semantic, prediction', 'instances, truth', 'instances, prediction',
        'panoptic, truth', 'panoptic, prediction',
    ]  # fmt: skip
    known = sample.targets.semantic.numpy() < 20
    np.testing.assert_array_equal(colors['semantic, truth'][known], colors['semantic, prediction'][known])
    np.testing.assert_array_equal(colors['instances, truth'], colors['instances, prediction'])
    np.testing.assert_array_equal(colors['panoptic, truth'][known], colors['panoptic, prediction'][known])


def test_without_prediction_or_targets_there_is_less_to_see(sample):
    bare = Sample(sample.scene, sample.superpoints)
    assert list(ScenePanels(bare, None).point_colors()) == ['input']
    assert list(ScenePanels(sample, None).point_colors()) == [
        'input', 'semantic, truth', 'instances, truth', 'panoptic, truth',
    ]  # fmt: skip
    only_semantic = Prediction('r', sample.superpoints, semantic=sample.targets.semantic_superpoints)
    assert list(ScenePanels(bare, only_semantic).point_colors()) == ['input', 'semantic, prediction']
    assert list(ScenePanels(sample, only_semantic).point_colors()) == ['input', 'semantic, truth', 'semantic, prediction']


def test_input_colors_undo_the_normalisation(sample):
    colors = input_colors(sample)
    np.testing.assert_allclose(colors / 127.5 - 1, sample.scene.features[:, :3].numpy(), atol=0.005)


def test_the_best_scored_instance_is_on_top_and_weak_ones_are_left_out(sample):
    masks = torch.zeros(3, len(sample.superpoints), dtype=torch.bool)
    masks[0, :2], masks[1, 1:4], masks[2, 5] = True, True, True
    instances = instance_map(MaskSet(masks, torch.tensor([0.9, 0.6, 0.1]), torch.zeros(3).long()), sample.superpoints)
    per_superpoint = {int(s): set(instances[sample.superpoints.ids == s].tolist()) for s in (0, 1, 3, 5)}
    assert per_superpoint == {0: {0}, 1: {0}, 3: {1}, 5: {-1}}


def test_predicted_objects_take_the_colors_of_the_true_ones_they_cover(sample):
    truth = sample.targets.instance.numpy()
    count = len(sample.targets.labels)
    turned = np.where(truth >= 0, (truth + 1) % count, -1)
    expected = np.roll(instance_colors(count), 1, axis=0)
    np.testing.assert_array_equal(matched_colors(turned, truth), expected)
    halves = np.where(truth == 0, 0, -1)
    halves[np.flatnonzero(truth == 0)[::2]] = 1  # two segments on one object: only one may have its colour
    colors = matched_colors(halves, truth)
    assert len(np.unique(colors, axis=0)) == 2
    assert len(matched_colors(halves, None)) == 2


def test_without_truth_the_predicted_instances_give_the_colors(sample):
    prediction, bare = predict_truth(sample), Sample(sample.scene, sample.superpoints)
    np.testing.assert_array_equal(object_reference(sample, prediction), sample.targets.instance)
    reference = object_reference(bare, prediction)
    np.testing.assert_array_equal(reference, instance_map(prediction.instances, sample.superpoints))
    assert object_reference(bare, None) is None
    colors = ScenePanels(bare, prediction).point_colors()
    things = reference >= 0
    np.testing.assert_array_equal(colors['instances, prediction'][things], colors['panoptic, prediction'][things])


def test_the_first_mask_is_on_top(sample):
    masks = torch.zeros(2, len(sample.superpoints), dtype=torch.bool)
    masks[0, 1], masks[1, 1:3] = True, True
    first = first_mask(masks, sample.superpoints)
    assert [set(first[sample.superpoints.ids == s].tolist()) for s in range(3)] == [{-1}, {0}, {1}]
    assert (first_mask(masks[:0], sample.superpoints) == -1).all()


def test_legend_names_what_is_shown(sample):
    legend = dict(ScenePanels(sample, None).legend())
    assert legend['wall'] == tuple(class_colors()[0].tolist())
    assert set(legend) == {'wall', 'floor', 'chair', 'table', 'bed', 'void'}


def test_draw_writes_pictures_that_hold_the_scene(tmp_path, sample):
    painter = VISUALIZERS.build(SMALL)
    paths = painter.draw(sample, predict_truth(sample), tmp_path / 'with space')
    assert [path.name for path in paths] == ['room0003_00.png', 'room0003_00_clicks.png', 'room0003_00_texts.png']
    overview, clicks, _ = (np.asarray(Image.open(path)) for path in paths)
    assert overview.shape[1] > 3 * 160 and clicks.shape[1] > 4 * 160
    floor = class_colors()[1].astype(int)
    hue = np.abs(overview / np.maximum(overview.max(-1, keepdims=True), 1) - floor / floor.max()).max(-1)
    assert (hue < 0.03).mean() > 0.03  # the floor's green, lit


def test_clicks_and_texts_have_a_legend(tmp_path, sample):
    paths = VISUALIZERS.build(SMALL).draw(sample, None, tmp_path)[1:]
    for path, with_clicks in zip(paths, (True, False), strict=True):
        foot = np.asarray(Image.open(path))[-40:]
        assert (foot == HIGHLIGHT).all(-1).any()
        assert (foot == YES).all(-1).any() == with_clicks


def test_prompts_are_drawn_only_if_the_prediction_answers_them(tmp_path, sample):
    prediction = predict_truth(sample)
    prediction.clicks = None
    paths = VISUALIZERS.build(SMALL).draw(sample, prediction, tmp_path)
    assert [path.name for path in paths] == ['room0003_00.png', 'room0003_00_texts.png']


def test_unlabelled_scenes_without_prompts_give_one_picture(tmp_path, sample):
    paths = VISUALIZERS.build(SMALL).draw(Sample(sample.scene, sample.superpoints), None, tmp_path)
    assert [path.name for path in paths] == ['room0003_00.png']


def test_exports_hold_the_colors_of_the_panels(tmp_path, sample):
    painter = VISUALIZERS.build({**SMALL, 'max_prompts': 0, 'exports': ('ply', 'glb')})
    names = {path.name for path in painter.draw(sample, None, tmp_path)}
    expected = ScenePanels(sample, None).point_colors()['semantic, truth']
    assert {'room0003_00_input.ply', 'room0003_00_semantic_truth.glb'} <= names
    np.testing.assert_array_equal(read_ply(tmp_path / 'room0003_00_semantic_truth.ply').colors, expected)
    np.testing.assert_array_equal(read_glb(tmp_path / 'room0003_00_semantic_truth.glb').colors, expected)


def test_unknown_formats_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="'obj' is not one of ply, glb"):
        VISUALIZERS.build({**SMALL, 'exports': ('obj',)})
    with pytest.raises(ConfigError, match=r'cannot export cloud.obj: the suffix must be one of .ply, .glb'):
        export_cloud(tmp_path / 'cloud.obj', np.zeros((1, 3)), np.zeros((1, 3), dtype=np.uint8))


def test_browsing_draws_samples_and_says_what_they_hold(tmp_path, sample):
    sample.targets.novel_masks = sample.targets.masks[:1]
    [(facts, path)] = browse([sample], tmp_path, max_prompts=1)
    assert facts == describe(sample)
    assert f'{len(sample.scene)} points' in facts and '1 novel masks' in facts
    assert path.name == '000_room0003_00.png'
    picture = np.asarray(Image.open(path))
    assert picture.shape[1] > 1900 and picture.shape[0] > 3 * 480  # 6 panels of the scene, 2 of prompts
    foot = picture[-70:]
    for color in (class_colors()[1], HIGHLIGHT, YES):
        assert (foot == color).all(-1).any()


def test_a_sheet_of_rooms_is_small_with_names_and_one_legend_for_all(tmp_path):
    rooms = [room_sample(seed, boxes) for seed, boxes in enumerate((1, 2, 2))]  # the first one has no table
    path = sheet_of_rooms(rooms, tmp_path / 'rooms.png')
    assert path.stat().st_size < 400_000
    sheet = np.asarray(Image.open(path))
    assert sheet.shape[1] == 6 * 300 + 70 and 225 + 60 < sheet.shape[0] < 225 + 130
    assert (sheet[10:45, 10:250] < 100).all(-1).any() and (sheet[10:45, 630:870] < 100).all(-1).any()  # names
    for label in (0, 1, 4, 6):
        assert (sheet[-50:] == class_colors()[label]).all(-1).sum() > 300
    assert not (sheet[-50:] == class_colors()[3]).all(-1).any()


def test_a_sheet_shows_superpoints_where_there_are_no_labels(tmp_path, sample):
    path = sheet_of_rooms([Sample(sample.scene, sample.superpoints), sample], tmp_path / 'rooms.png')
    sheet = np.asarray(Image.open(path))
    assert sheet.shape[1] == 4 * 300 + 50
    unlabelled = sheet[50:260, 330:620].reshape(-1, 3)
    assert len(np.unique(unlabelled // 32, axis=0)) > 20


def test_a_sheet_is_refused_before_anything_is_drawn(tmp_path):
    def untouched():
        pytest.fail('drew a scene that cannot be saved')
        yield

    with pytest.raises(ConfigError, match=r'rooms.tiff: the suffix must be one of .png, .jpg, .jpeg'):
        sheet_of_rooms(untouched(), tmp_path / 'rooms.tiff')
    with pytest.raises(DataError, match='nothing to draw'):
        sheet_of_rooms([], tmp_path / 'rooms.png')
    assert not list(tmp_path.iterdir())


def test_classes_of_points_by_each_kind_of_evidence(tmp_path):
    sample = lifted_sample()
    (prediction,) = system().predict(SceneBatch([sample]))
    panels = ScenePanels(sample, prediction)
    colors = panels.point_colors()
    kinds = [f'semantic, {kind}' for kind in ('network', 'frames', 'both')]
    assert [title for title in colors if title in kinds] == kinds
    np.testing.assert_array_equal(colors['semantic, frames'], class_colors('scannet20')[prediction.point_labels['frames']])
    assert panels.shown()[20]  # what no camera saw has no class by frames
    written = VISUALIZERS.build({**SMALL, 'exports': ['ply']}).draw(sample, prediction, tmp_path)
    assert read_ply(tmp_path / 'a_semantic_both.ply').colors.shape == (240, 3) and written[0].name == 'a.png'
