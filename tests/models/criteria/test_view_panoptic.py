"""Truth and losses of panoptic views where there is little: no segments, unknown classes, more segments than queries."""

import pytest
import torch

from uniseg3d.models.criteria import ViewPanopticCriterion
from uniseg3d.models.criteria.point_sampling import read_all, read_each
from uniseg3d.models.criteria.view_truth import ViewTruth, view_truths, vocabulary_of
from uniseg3d.models.decoders.panoptic import ViewAnswers
from uniseg3d.structures.view_batch import ViewBatch
from uniseg3d.utils.errors import DataError

NAMES = ['wall', 'chair', 'lamp']
VIEWS, SIZE = 2, (6, 10)


def labelled(instance: torch.Tensor, semantic: torch.Tensor, classes: list[list[str]]) -> ViewBatch:
    pictures = torch.zeros(len(instance), instance.shape[1], 3, *instance.shape[2:])
    ids = [str(row) for row in range(len(instance))]
    names = [[str(view) for view in range(instance.shape[1])] for _ in ids]
    return ViewBatch(ids, pictures, names, semantic=semantic, instance=instance, classes=classes)


def scene(seed: int = 0, segments: int = 3) -> ViewTruth:
    maps = torch.randint(0, segments + 1, (1, VIEWS, *SIZE), generator=torch.Generator().manual_seed(seed))
    return view_truths(labelled(maps, maps % 3, [NAMES]), NAMES)[0]


def answers(queries: int = 5, classes: int = 3, heads: int = 2, seed: int = 0) -> list[ViewAnswers]:
    generator = torch.Generator().manual_seed(seed)
    return [
        ViewAnswers(
            torch.randn(queries, classes, generator=generator).requires_grad_(),
            [torch.randn(queries, 3, 5, generator=generator).requires_grad_() for _ in range(VIEWS)],
        )
        for _ in range(heads)
    ]


def test_masks_are_read_from_numbers_as_from_maps_of_zero_and_one():
    truth = scene()
    masks = (truth.maps == truth.numbers.view(-1, 1, 1, 1)).float()  # [n, V, H, W]
    points = torch.rand(VIEWS, 200, 2)
    torch.testing.assert_close(truth.read_all(points), read_all(masks, points), atol=1e-6, rtol=0)
    torch.testing.assert_close(truth.read_all(points[:1]), read_all(masks, points[:1]), atol=1e-6, rtol=0)
    rows, views, own = torch.tensor([0, 2, 0]), torch.tensor([1, 0, 0]), torch.rand(3, 200, 2)
    torch.testing.assert_close(truth.read_each(rows, views, own), read_each(masks[rows, views], own), atol=1e-6, rtol=0)


def test_a_segment_is_of_the_class_of_most_of_its_pixels_and_needs_one():
    instance = torch.tensor([[[[7, 7, 7, 4, 4, 0]]]])
    semantic = torch.tensor([[[[1, 0, 1, -1, -1, 0]]]])
    (truth,) = view_truths(labelled(instance, semantic, [['lamp', 'chair']]), NAMES)
    assert truth.numbers.tolist() == [7] and truth.labels.tolist() == [NAMES.index('chair')]
    assert truth.allowed.tolist() == [False, True, True]


def test_what_is_missing_for_a_truth_is_said():
    maps = torch.ones(1, VIEWS, *SIZE, dtype=torch.long)
    with pytest.raises(DataError, match='lacks lamp'):
        view_truths(labelled(maps, maps, [NAMES]), NAMES[:2])
    bare = labelled(maps, maps, [NAMES])
    bare.instance = None
    with pytest.raises(DataError, match='no panoptic labels'):
        view_truths(bare, NAMES)
    assert vocabulary_of([['b', 'a'], ['a', 'c']]) == ['b', 'a', 'c']


@pytest.mark.parametrize('no_object', [False, True])
@pytest.mark.parametrize('segments', [0, 1, 9])
def test_any_number_of_segments_teaches_all_answers(no_object, segments):
    heads = answers(classes=3 + no_object)
    truth = scene(segments=segments)
    losses = ViewPanopticCriterion(points=50, no_object=no_object)([heads], [truth])
    assert set(losses) == {'loss_ce', 'loss_mask', 'loss_dice', 'loss_ce_0', 'loss_mask_0', 'loss_dice_0'}
    sum(losses.values()).backward()
    assert all(value.isfinite() for value in losses.values()) and losses['loss_ce'] > 0
    assert (losses['loss_mask'] > 0) == (segments > 0)
    leaves = [leaf for head in heads for leaf in (head.classes, *head.masks)]
    assert all(leaf.grad is not None and leaf.grad.isfinite().all() for leaf in leaves)


def test_the_right_answer_costs_nothing():
    truth = scene()
    masks = 40 * (truth.maps == truth.numbers.view(-1, 1, 1, 1)).float() - 20  # [n, V, H, W]
    order = torch.tensor([2, 0, 1])
    right = torch.full((3, 3), -20.0)
    right[torch.arange(3), truth.labels[order]] = 20
    answer = ViewAnswers(right, list(masks[order].transpose(0, 1)))
    criterion = ViewPanopticCriterion(points=2000)
    assert criterion.match(answer, truth).segment.tolist() == order.tolist()
    losses = criterion([[answer]], [truth])
    assert losses['loss_ce'] < 1e-6
    swapped = criterion([[ViewAnswers(right, [view[[1, 0, 2]] for view in answer.masks])]], [truth])
    assert swapped['loss_ce'] > 10  # masks weigh more: the queries are found by them, and are of the wrong classes


def test_classes_that_the_data_set_does_not_know_teach_nothing():
    maps = torch.ones(1, VIEWS, *SIZE, dtype=torch.long)
    (truth,) = view_truths(labelled(maps, 0 * maps, [['chair']]), NAMES)
    (head,) = answers(heads=1)
    ViewPanopticCriterion(points=20)([[head]], [truth])['loss_ce'].backward()
    assert head.classes.grad[:, 1].all() and not head.classes.grad[:, [0, 2]].any()


@pytest.mark.parametrize('no_object', [False, True])
def test_halves_of_a_batch_add_up_to_the_whole(no_object, monkeypatch):
    """What two processes with one scene each would average, where their counts are averaged too."""
    batch, truths = [answers(classes=3 + no_object, seed=seed) for seed in (1, 2)], [scene(1, 2), scene(2, 5)]
    point = torch.rand(50, 2)

    def same_points(rows: int, *_: int, device: torch.device) -> torch.Tensor:
        return point.expand(rows, -1, -1)

    criterion = ViewPanopticCriterion(points=50, no_object=no_object, uniform=same_points)
    together = criterion(batch, truths)
    means: list[float] = []
    monkeypatch.setattr('uniseg3d.models.criteria.view_panoptic.all_reduce', lambda value, _: means.append(value.item()))
    for heads, truth in zip(batch, truths, strict=True):
        criterion([heads], [truth])
    half = len(means) // 2
    averages = iter([(one + other) / 2 for one, other in zip(means[:half], means[half:], strict=True)] * 2)
    monkeypatch.setattr('uniseg3d.models.criteria.view_panoptic.all_reduce', lambda value, _: value.fill_(next(averages)))
    apart = [criterion([heads], [truth]) for heads, truth in zip(batch, truths, strict=True)]
    for name, value in together.items():
        torch.testing.assert_close((apart[0][name] + apart[1][name]) / 2, value, rtol=1e-5, atol=1e-6)


def test_half_precision_answers_give_losses_in_full_precision():
    (head,) = answers(heads=1)
    half = ViewAnswers(head.classes.bfloat16(), [view.bfloat16() for view in head.masks])
    assert all(value.dtype == torch.float32 for value in ViewPanopticCriterion(points=20)([[half]], [scene()]).values())
