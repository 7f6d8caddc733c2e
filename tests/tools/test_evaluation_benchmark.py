"""Average precision from superpoints equals the one that is read off the rules, point by point."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / 'tools'))

from benchmarks import evaluation
from benchmarks.timing import Settings
from peers import point_instance_ap as literal


@pytest.mark.parametrize('seed', range(4))
def test_both_give_the_same_numbers(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scenes = [evaluation.make_scene(int(rng.integers(2000, 9000)), rng) for _ in range(3)]  # small objects among them
    expected = evaluation._literal(scenes)
    np.testing.assert_allclose(evaluation._ours(scenes), expected, rtol=0, atol=1e-15)
    assert 0.05 < np.nanmean(expected) < 0.95


def test_the_scenes_hold_what_makes_the_rules_matter() -> None:
    scene = evaluation.make_scene(4000, np.random.default_rng(0))
    sizes = np.bincount(scene.instance[scene.instance >= 0])
    assert (sizes < 100).any() and (sizes > 100).any()
    cut = np.bincount(scene.ids * 2 + (scene.instance >= 0), minlength=2 * (scene.ids.max() + 1)).reshape(-1, 2)
    assert (cut.min(1) > 0).any()  # superpoints that lie on an object in part
    assert np.array_equal(scene.point_masks, scene.masks[:, scene.ids])


def test_the_peer_by_hand() -> None:
    """Two objects of a class: one found twice, one missed, and a mask on nothing."""
    thing, instance = np.repeat([0, 0, -1], 200), np.repeat([0, 1, -1], 200)
    masks = np.zeros((3, 600), dtype=bool)
    masks[0, :200] = masks[1, :160] = masks[2, 400:] = True
    found = literal.overlaps(masks, np.array([0.5, 0.9, 0.7]), np.zeros(3, dtype=int), thing, instance)
    ap = literal.average_precision([found], classes=2)
    # at 0.5 the second mask, which is surer, finds the object and the first is wrong: precision 1, then 1 / 2, recall 1 / 2
    np.testing.assert_allclose(ap[[0, 9], 0], 0.5)
    assert np.isnan(ap[:, 1]).all()
    # at 0.9 the surer one is a mistake: precision 0 at recall 0, then 1 / 2 at 1 / 2
    np.testing.assert_allclose(ap[8, 0], (0 + 0.5) / 2 * 0.5)


def test_parts_are_timed_beside_the_whole() -> None:
    items = list(evaluation.average_precision(Settings(sizes=(3000,))))
    assert [item.what for item in items] == [
        'instance AP',
        'instance AP: shared points',
        'instance AP: matches and curves',
    ]
    np.testing.assert_array_equal(items[0].candidates['ours'](), items[2].candidates['ours']())
