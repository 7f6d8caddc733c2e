"""Panoptic quality over views, on maps whose scores can be told by hand."""

import numpy as np
import pytest
import torch

from uniseg3d.evaluation.functional.panoptic import panoptic_scores
from uniseg3d.evaluation.functional.view_panoptic import PixelLabels, lifting_quality, pixel_counts, surface_pieces
from uniseg3d.evaluation.metrics.view_panoptic import ViewPanopticMetric
from uniseg3d.structures.panoptic_views import PanopticViews
from uniseg3d.structures.pointmaps import Pointmaps
from uniseg3d.structures.view_batch import ViewBatch
from uniseg3d.text.class_lists import class_list

CLASSES, STUFF = 3, (0,)  # and 3 = void


def labels(*columns: tuple[int, ...]) -> PixelLabels:
    """Columns of (count, class, segment, true class, true instance)."""
    rows = np.concatenate([np.repeat([column[1:]], column[0], axis=0) for column in columns])
    return PixelLabels(*rows.T.astype(np.int64))


def qualities(found: PixelLabels) -> list[float]:
    return panoptic_scores(pixel_counts(found, CLASSES, STUFF)).pq.tolist()


def test_equal_maps_are_perfect_whatever_their_numbers():
    found = labels((60, 0, 5, 0, 1), (40, 0, 6, 0, 2), (30, 1, 9, 1, 4), (20, 1, 2, 1, 8), (10, 2, 1, 2, 3))
    assert qualities(found) == [1, 1, 1]
    assert lifting_quality(found, CLASSES, STUFF).tolist() == [1, 1, 1]


def test_a_segment_that_changes_its_number_between_views_is_broken():
    found = labels((100, 0, 0, 0, 0), (50, 1, 1, 1, 1), (50, 1, 2, 1, 1))
    assert qualities(found)[1] == 0  # neither half overlaps by more than half
    assert qualities(labels((100, 0, 0, 0, 0), (75, 1, 1, 1, 1), (25, 1, 2, 1, 1)))[1] == pytest.approx(0.75 / 1.5)
    assert lifting_quality(found, CLASSES, STUFF)[1] == 0


def test_void_counts_nowhere():
    found = labels((80, 1, 1, 1, 1), (500, 1, 1, 3, 0), (500, 2, 2, 3, 0), (20, 3, 0, 1, 1))
    assert qualities(found)[1:] == [0.8, 0]  # a missing fifth; nothing of class 2 is known to be wrong
    quality = lifting_quality(found, CLASSES, STUFF)
    assert quality[1] == 1 and np.isnan(quality[[0, 2]]).all()  # there, what nobody claims is in no union


def test_rare_classes_are_left_out_by_lifting_only():
    found = labels((996, 0, 0, 0, 0), (4, 1, 1, 0, 0), (3, 0, 0, 1, 1))
    assert qualities(found)[1] == 0 and np.isnan(lifting_quality(found, CLASSES, STUFF)[1])
    missed = labels((900, 0, 0, 0, 0), (100, 0, 0, 1, 1))
    assert lifting_quality(missed, CLASSES, STUFF).tolist()[:2] == [0.9, 0]
    original = lifting_quality(missed, CLASSES, STUFF, either=True)  # who never says a class is not asked for it
    assert original[0] == 1 and np.isnan(original[1])


def test_mostly_void_segments_are_no_mistakes_for_lifting():
    found = labels((500, 0, 0, 0, 0), (40, 3, 0, 1, 1), (30, 0, 0, 1, 1), (60, 1, 7, 1, 2))
    assert lifting_quality(found, CLASSES, STUFF)[1] == pytest.approx(1)


@pytest.mark.parametrize('known', [0, 3])
def test_nothing_known_gives_no_counts(known):
    found = labels((known, 1, 1, 3, 0))
    assert pixel_counts(found, CLASSES, STUFF).fp.tolist() == [0, 0, 0]
    assert np.isnan(lifting_quality(found, CLASSES, STUFF)).all()


def test_a_piece_of_surface_is_what_most_of_its_pixels_are():
    points = np.array([[0.01, 0, 0], [0.02, 0, 0], [0.03, 0, 0], [0.07, 0, 0], [-0.01, 0, 0]])
    found = PixelLabels(
        np.array([1, 2, 1, 2, 0]), np.array([4, 4, 4, 5, 0]), np.array([1, 1, 2, 2, 0]), np.array([1, 1, 2, 2, 0])
    )
    pieces = surface_pieces(found, points, 0.05)
    rows = sorted(zip(pieces.semantic, pieces.segment, pieces.true_semantic, pieces.true_instance, strict=True))
    assert rows == [(0, 0, 0, 0), (1, 4, 1, 1), (2, 5, 2, 2)]


NAMES = list(class_list('scannet20').names)
SIZE = (6, 8)


def sequence(scene: str = 'a', classes: list[str] | None = None) -> ViewBatch:
    """Two views of a wall; its left half is a chair, by the names of the metric."""
    names = NAMES if classes is None else classes
    semantic = torch.full((1, 2, *SIZE), names.index('wall'))
    semantic[..., : SIZE[1] // 2] = names.index('chair')
    camera = torch.tensor([[8.0, 0, 3.5], [0, 8.0, 2.5], [0, 0, 1]])
    return ViewBatch(
        [scene],
        torch.zeros(1, 2, 3, *SIZE),
        [['0', '1']],
        torch.eye(4).expand(1, 2, 4, 4),
        camera.expand(1, 2, 3, 3),
        torch.ones(1, 2, *SIZE),
        torch.tensor([True]),
        semantic,
        (semantic == names.index('chair')).long(),
        [names],
    )


def answer(truth: ViewBatch, shift: int = 0, one_each: bool = False) -> Pointmaps:
    """The truth moved to the right, the wall as segment 1 and the chair as 2, in the second view as 3 with ``one_each``."""
    chair = truth.instance[0].roll(shift, 2)
    segments = [1 + own + (own * view if one_each else 0) for view, own in enumerate(chair)]
    label = torch.tensor([truth.classes[0].index(name) for name in ('wall', 'chair', 'chair')])
    found = PanopticViews(segments, [torch.ones(SIZE)] * 2, label, torch.ones(3), torch.arange(3))
    return Pointmaps(torch.zeros(1, 2, *SIZE, 3), torch.ones(1, 2, *SIZE), panoptic=[found])


def measured(*cases: tuple[ViewBatch, Pointmaps], classes: str = 'scannet20') -> dict[str, float]:
    metric = ViewPanopticMetric(classes)
    for truth, found in cases:
        metric.process({'batch': truth}, [found])
    return metric.compute_metrics(metric.results)


def test_a_perfect_answer_scores_one_everywhere():
    truth = sequence()
    found = measured((truth, answer(truth)))
    assert set(found) >= {
        'pq_scene',
        'pq_scene_original',
        'pq',
        'sq',
        'rq',
        'pq_view',
        'pq_3d',
        'miou',
        'pq_things',
        'pq_stuff',
    }
    assert all(value == 1 for value in found.values())


def test_views_that_disagree_are_right_one_by_one_only():
    truth = sequence()
    found = measured((truth, answer(truth, one_each=True)))
    assert found['pq_view'] == 1 and found['miou'] == 1
    assert found['pq_stuff'] == 1 and found['pq_things'] == 0 and found['pq_scene'] == 0.5
    assert found['pq_3d'] == 1  # every piece of surface is in both views; the smaller number wins


def test_classes_are_compared_by_name_and_mapped_to_other_lists():
    own = ['chair', 'wall', 'armoire']
    truth = sequence(classes=own)
    assert measured((truth, answer(truth)))['pq'] == 1
    assert measured((truth, answer(truth)), classes='panlift21')['pq_scene'] == 1


def test_scenes_are_averaged_and_counted():
    truth, other = sequence('a'), sequence('b')
    both = measured((truth, answer(truth)), (other, answer(other, shift=2)))
    one = measured((other, answer(other, shift=2)))
    assert both['pq_scene'] == pytest.approx((1 + one['pq_scene']) / 2) and one['pq_scene'] < 1
    assert both['miou'] == pytest.approx(0.6) and one['pq_3d'] == pytest.approx(one['pq'], abs=0.35)


def test_what_cannot_be_measured_is_said(caplog):
    truth = sequence()
    bare = answer(truth)
    bare.panoptic = None
    metric = ViewPanopticMetric()
    metric.process({'batch': truth}, [bare])
    assert metric.results[0][1] == 'the model gave no panoptic maps'
    unlabelled = sequence()
    unlabelled.semantic = None
    metric.process({'batch': unlabelled}, [answer(truth)])
    assert 'labels=True' in metric.results[1][1]
    flat = sequence()
    flat.depth = None
    assert 'pq_3d' not in measured((flat, answer(flat)))
