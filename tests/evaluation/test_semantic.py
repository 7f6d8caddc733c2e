"""Semantic scores and their metric on scenes small enough to count by hand."""

import math

import pytest
import torch
from mmengine.logging import MMLogger
from model_samples import make_targets, room_sample

from uniseg3d.evaluation import SemanticMetric
from uniseg3d.evaluation.functional.semantic import semantic_confusion, semantic_scores
from uniseg3d.evaluation.tasks import Classes, SemanticTask
from uniseg3d.registry import METRICS
from uniseg3d.structures import PointScene, Prediction, Sample, SceneBatch, Superpoints
from uniseg3d.text.class_lists import class_list
from uniseg3d.utils.errors import DataError

VOID = 20


def labels(*values):
    return torch.tensor(values)


def test_counts_by_truth_and_prediction():
    confusion = semantic_confusion(labels(0, 1, 1, 2, 0), labels(0, 0, 1, 1, 2), classes=2)
    assert confusion.tolist() == [[1, 1, 0], [0, 1, 1], [0, 0, 0]]  # the point whose truth is void is gone


def test_scores_by_hand():
    scores = semantic_scores(semantic_confusion(labels(0, 0, 1, 1), labels(0, 1, 1, 1), classes=3))
    assert scores.iou[:2].tolist() == pytest.approx([1 / 2, 2 / 3])
    assert math.isnan(scores.iou[2]) and math.isnan(scores.recall[2])
    assert (scores.miou, scores.acc, scores.acc_cls) == pytest.approx((7 / 12, 3 / 4, 5 / 6))


def test_a_class_predicted_but_absent_counts_as_zero():
    scores = semantic_scores(semantic_confusion(labels(0, 1), labels(0, 0), classes=2))
    assert scores.iou.tolist() == [0.5, 0.0]
    assert scores.acc_cls == 0.5  # recall is asked only of classes that occur


@pytest.mark.parametrize(
    ('predicted', 'truth', 'message'),
    [
        (labels(0, 1), labels(0), 'covers 2 points, expected the 1'),
        (labels(4), labels(0), r'prediction holds classes 4..4, expected 0..3'),
        (labels(0), labels(-1), r'ground truth holds classes -1..-1'),
    ],
)
def test_wrong_labels_are_refused(predicted, truth, message):
    with pytest.raises(DataError, match=message):
        semantic_confusion(predicted, truth, classes=3)


def predict(sample, semantic):
    return Prediction(sample.scene.scene_id, sample.superpoints, semantic=semantic)


def two_scenes():
    samples = [room_sample(seed) for seed in (0, 1)]
    return SceneBatch(samples), [predict(s, s.targets.semantic_superpoints.clamp(max=VOID - 1)) for s in samples]


def test_metric_equals_the_functions_on_points():
    batch, predictions = two_scenes()
    metric = METRICS.build({'type': 'SemanticMetric'})
    metric.process({'batch': batch}, predictions)
    expected = semantic_scores(
        sum(
            semantic_confusion(p.per_point(p.semantic), s.targets.semantic, VOID)
            for s, p in zip(batch, predictions, strict=True)
        )
    )
    result = metric.evaluate(size=2)
    assert result == pytest.approx({'miou': expected.miou, 'acc': expected.acc, 'acc_cls': expected.acc_cls})
    assert list(result) == ['miou', 'acc', 'acc_cls']


def test_scenes_over_batches_equal_one_batch():
    batch, predictions = two_scenes()
    together, apart = SemanticMetric(), SemanticMetric()
    together.process({'batch': batch}, predictions)
    for sample, prediction in zip(batch, predictions, strict=True):
        apart.process({'batch': SceneBatch([sample])}, [prediction])
    assert together.evaluate(2) == apart.evaluate(2)


def test_a_repeated_scene_at_the_end_is_counted_once():
    """A distributed sampler pads with repetitions; the data set's size cuts them off."""
    batch, predictions = two_scenes()
    plain, padded = SemanticMetric(), SemanticMetric()
    plain.process({'batch': batch}, predictions)
    padded.process({'batch': SceneBatch([*batch.samples, batch.samples[0]])}, [*predictions, predictions[0]])
    assert plain.evaluate(2) == padded.evaluate(2)


def test_unlabelled_scenes_are_left_out_and_named(tmp_path):
    log = tmp_path / 'log.txt'
    MMLogger.get_instance('left out', log_file=str(log))  # the newest logger is the current one
    batch, predictions = two_scenes()
    unlabelled = Sample(PointScene('dark', torch.zeros(3, 3), torch.zeros(3, 3)), Superpoints(labels(0, 0, 1)))
    metric, plain = SemanticMetric(), SemanticMetric()
    metric.process({'batch': SceneBatch([unlabelled, *batch.samples])}, [predict(unlabelled, labels(1, 1)), *predictions])
    plain.process({'batch': batch}, predictions)
    assert metric.evaluate(3) == plain.evaluate(2)
    assert '1 scenes without labels or prediction are left out: dark' in log.read_text()


def test_nothing_labelled_gives_no_scores():
    metric = SemanticMetric()
    sample = Sample(PointScene('dark', torch.zeros(2, 3), torch.zeros(2, 3)), Superpoints(labels(0, 1)))
    metric.process({'batch': SceneBatch([sample])}, [predict(sample, None)])
    assert metric.evaluate(1) == {}


def test_the_table_has_a_row_per_class():
    table = SemanticTask(Classes.of(class_list('scannet20'))).report([torch.eye(21).long()]).table
    assert len(table.splitlines()) == 2 + 20 + 2
    assert 'bathtub' in table and '100.0' in table


def test_weights_stand_for_that_many_points():
    predicted, truth, weights = labels(0, 1, 1), labels(0, 0, 1), labels(3, 1, 2)
    repeated = semantic_confusion(predicted.repeat_interleave(weights), truth.repeat_interleave(weights), 2)
    assert torch.equal(semantic_confusion(predicted, truth, 2, weights), repeated)


def test_sample_helper_has_void_points():
    targets = make_targets(labels(0, VOID, 1), Superpoints(labels(0, 1, 2)))
    assert targets.semantic_superpoints.tolist() == [0, VOID, 1]
