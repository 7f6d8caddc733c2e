"""One call from a cloud to all tasks: what comes back, prompts, names, tiles, and what is refused. The weights are random."""

import numpy as np
import pytest
import torch
from untrained_inferencer import boxes, inferencer, write_weights

from uniseg3d.apis.memory_forecast import TILE_SIZES, memory_budget, plan_memory
from uniseg3d.apis.scene_inferencer import SceneInferencer
from uniseg3d.apis.user_prompts import Click, click_groups
from uniseg3d.io.ply import PlyMesh, write_ply
from uniseg3d.io.raw_cloud import RawCloud
from uniseg3d.structures import Prediction
from uniseg3d.utils.errors import ConfigError, DataError


@pytest.fixture(scope='module')
def ask(tmp_path_factory):
    return inferencer(tmp_path_factory.mktemp('weights'))


@pytest.fixture(scope='module')
def opened(ask):
    return ask.open(boxes())


def equal(a, b):
    return all(torch.equal(getattr(a, name), getattr(b, name)) for name in ('masks', 'scores', 'labels'))


def test_all_tasks_come_back_over_all_points(ask):
    raw = boxes()
    p = ask(raw, clicks=[raw.xyz[3]], texts=['the red box', 'a lamp'])
    assert isinstance(p, Prediction) and p.superpoints.ids.shape == (3000,)
    assert p.per_point(p.semantic).shape == (3000,) and p.semantic.min() >= 0 and p.semantic.max() < 20
    assert p.panoptic.segment.shape == p.semantic.shape
    assert len(p.clicks) == 1 and len(p.texts) == 2 and p.named is None
    assert torch.isfinite(p.instances.scores).all()


def test_an_opened_scene_answers_as_a_fresh_one_and_only_what_is_new(ask, opened):
    raw = boxes()
    clicks = [tuple(raw.xyz[3]), [Click(tuple(raw.xyz[4])), Click(tuple(raw.xyz[5]), False)]]
    first, asked = ask(opened), []
    original = opened.model.answer
    opened.model.answer = lambda scene, prompts, everything: asked.append(everything) or original(scene, prompts, everything)
    try:
        later = ask(opened, clicks, ['the red box'])
    finally:
        del opened.model.answer
    assert asked == [False, False] and later.semantic is first.semantic
    fresh = ask(raw, clicks, ['the red box'])
    for task in ('clicks', 'texts', 'instances'):
        assert equal(getattr(fresh, task), getattr(later, task)), task


def test_names_find_instances_and_labels_are_places_in_the_list(ask, opened):
    p = ask(opened, classes=['crate', 'piano'])
    assert p.named is not None and set(p.named.labels.tolist()) <= {0, 1}
    again = ask(opened, classes=['piano', 'crate'])
    assert len(again.named) == len(p.named) and ask(opened).named is None
    rivals = opened._with_rivals(['piano', 'shower curtain'])
    assert rivals[:2] == ['piano', 'shower curtain'] and 'chair' in rivals and rivals.count('shower curtain') == 1


def test_without_a_head_for_names_known_things_answer_to_them(tmp_path):
    weights = write_weights(tmp_path / 'closed.safetensors', 'uniseg3d_1xb4_rooms')
    closed = SceneInferencer('uniseg3d_1xb4_rooms', weights, 'cpu')
    scene = closed.open(boxes())
    with pytest.raises(ConfigError, match='knows nothing called piano; it knows cabinet, bed, chair'):
        closed(scene, classes=['piano'])
    assert 'knows nothing called piano;' in closed.check_names(['chair', 'piano']) and closed.check_names(['chair']) is None
    assert not (closed(scene, classes=['piano', 'chair']).named.labels == 0).any()
    p = closed(scene, classes=['table', 'curtain'])  # shower curtains are curtains, too
    things = scene.known
    expected = [i for i in p.instances.labels.tolist() if things[i] in ('table', 'curtain', 'shower curtain')]
    assert [('table', 'curtain')[i] for i in p.named.labels] == [things[i].removeprefix('shower ') for i in expected]


def test_positions_are_those_of_the_file(ask):
    raw = boxes()
    turned = RawCloud(raw.xyz[:, [0, 2, 1]] * [100, 100, -100], raw.colors)  # centimetres, y up
    a, b = ask.open(raw), ask.open(turned)
    for row in (3, 100, 2000):
        point = [scene.points_at(cloud.xyz[[row]].astype(float), 0.1)[0] for scene, cloud in ((a, raw), (b, turned))]
        assert point == [row, row]
    with pytest.raises(DataError, match=r'click 0 at \(9, 9, 9\) lies .* m from the nearest point'):
        ask(a, clicks=[(9, 9, 9)])


def test_dense_clouds_are_thinned_for_the_model_and_answered_in_full(ask):
    raw = boxes(count=40000)
    scene = ask.open(raw)
    assert len(scene.copy.xyz) < 30000 and len(scene.cloud) == 40000
    p = ask(scene, clicks=[raw.xyz[9]])
    assert len(p.superpoints.ids) == 40000 and len(p.superpoints) == len(scene.sample.superpoints)
    seen = scene.copy.superpoints[scene.copy.row_of_point]
    np.testing.assert_array_equal(seen, p.superpoints.ids.numpy())


def test_tiles_answer_for_the_whole_scene(ask, tmp_path_factory):
    raw = boxes(count=8000, width=16)
    tiled = inferencer(tmp_path_factory.mktemp('weights'), tile=5.0)
    scene = tiled.open(raw)
    assert len(scene.tiles) == 4
    p = tiled(scene, clicks=[tuple(raw.xyz[4]), tuple(raw.xyz[3])], texts=['the box'], classes=['crate'])
    assert p.semantic.shape == (len(p.superpoints),) and (p.panoptic.semantic >= 0).all()
    for task in ('instances', 'objects', 'named', 'clicks', 'texts'):
        assert getattr(p, task).masks.shape[1] == len(p.superpoints)
    # what a tile says about its own superpoints is what the scene says
    part = scene.tiles[0]
    home = torch.from_numpy(part.tile.superpoints[part.tile.home])
    assert torch.equal(p.semantic[home], part.answer.semantic[torch.from_numpy(part.tile.home)])


def test_wide_scenes_are_cut_by_themselves(ask):
    assert len(ask.open(boxes(count=8000, width=20)).tiles) > 1


def test_given_superpoints_and_meshes_are_used(ask, tmp_path):
    raw = boxes()
    ids = np.arange(3000) // 300 * 7 - 3
    scene = ask.open(raw, superpoints=ids)
    assert len(scene.superpoints) == 10
    grid = np.arange(40 * 40).reshape(40, 40)
    low = grid[:-1, :-1].reshape(-1)
    faces = np.concatenate([np.stack([low, low + 40, low + 1], 1), np.stack([low + 1, low + 40, low + 41], 1)])
    flat = np.stack([*np.divmod(np.arange(1600), 40), np.zeros(1600)], 1) * 0.05
    write_ply(tmp_path / 'mesh.ply', PlyMesh(flat.astype(np.float32), np.full((1600, 3), 99, np.uint8), faces))
    assert len(ask(tmp_path / 'mesh.ply').superpoints) == 1  # one flat piece


@pytest.mark.parametrize('count', [1, 5])
def test_the_smallest_scenes(ask, count):
    p = ask(RawCloud(np.arange(3.0 * count).reshape(count, 3) * 0.01), clicks=[(0, 0.01, 0.02)], texts=['anything'])
    assert p.semantic.shape == (len(p.superpoints),) and len(p.clicks) == len(p.texts) == 1


def test_wrong_requests_are_refused(ask, opened, tmp_path):
    for wrong in ([(1, 2)], [('a', 1, 2)], [(1, 2, float('nan'))]):
        with pytest.raises((DataError, ValueError)):
            ask(opened, clicks=wrong)
    with pytest.raises(DataError, match='list of sentences'):
        ask(opened, texts='the chair')
    for name in ('spacing', 'tile', 'max_memory'):
        with pytest.raises(ConfigError, match=f'{name} must be positive'):
            SceneInferencer('uniseg3d_1xb4_rooms', 'nowhere', **{name: 0})
    with pytest.raises(ConfigError, match=r'uniseg3d_1xb4_room\.py does not exist; did you mean'):
        SceneInferencer('uniseg3d_1xb4_room', 'nowhere')
    with pytest.raises(ConfigError, match='answers no prompts'):
        SceneInferencer('semantic_baseline_rooms', write_weights(tmp_path / 'w.safetensors', 'semantic_baseline_rooms'))


def test_clicks_may_be_written_in_three_ways():
    click = Click((1, 2, 3), False)
    assert click_groups([(1, 2, 3), click, [click, click], np.array([1.0, 2, 3])]) == [
        [Click((1, 2, 3))], [click], [click, click], [Click((1, 2, 3))]
    ]  # fmt: skip


def test_the_forecast_chooses_tiles_that_fit_and_refuses_what_does_not():
    gib = 2**30
    room, size = plan_memory(10**5, 10**5, (6, 5, 3), None, 8 * gib)
    assert size is None and room.peak < gib and '100,000 points' in room.sentence()
    building, size = plan_memory(2 * 10**7, 4 * 10**6, (90, 60, 3), None, 8 * gib)
    assert size == TILE_SIZES[0] and room.peak < building.peak < 8 * gib
    crammed, size = plan_memory(10**6, 10**6, (11, 11, 3), None, 5 * gib)
    assert size in TILE_SIZES and crammed.peak <= 5 * gib  # narrow enough for one piece, but too full
    assert plan_memory(10**5, 10**5, (30, 30, 3), 50, 8 * gib)[1] == 50
    with pytest.raises(DataError, match=r'1,000,000,000 points.* but 8.0 GiB may be used'):
        plan_memory(10**9, 10**7, (90, 60, 3), None, 8 * gib)
    assert plan_memory(10**5, 10**5, (6, 5, 9), None, 8 * gib)[1] == TILE_SIZES[0]  # a tower
    assert memory_budget(3) == 3 * gib and memory_budget(None) > 0
