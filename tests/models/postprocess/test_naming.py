"""Names in the place of the classes of training."""

from dataclasses import replace

import pytest
import torch

from uniseg3d.models.heads.naming import name_logits
from uniseg3d.models.postprocess import UniSeg3DPostprocess
from uniseg3d.models.postprocess.answers import class_probabilities
from uniseg3d.models.postprocess.naming import distinct_objects, looks_like_object, mix_shares, rename, with_names
from uniseg3d.structures import MaskOutput, QuerySet, Superpoints
from uniseg3d.utils.errors import ConfigError

WIDTH = 4


def output_with_names(queries=12, superpoints=20, things=5):
    generator = torch.Generator().manual_seed(0)
    masks, classes, shown = (4 * torch.randn(queries, size, generator=generator) for size in (superpoints, things + 1, WIDTH))
    semantic, ious = torch.randn(queries, things + 3, generator=generator), torch.rand(queries, generator=generator)
    return MaskOutput(masks, masks[:, :1], classes, semantic, ious, names=shown)


def some_names(count, synonyms=1):
    return torch.randn(count, synonyms, WIDTH, generator=torch.Generator().manual_seed(2))


def test_names_share_what_the_classes_had():
    output, said = output_with_names(), some_names(6, synonyms=2)
    found, before = class_probabilities(rename(output, said)), class_probabilities(output)
    torch.testing.assert_close(found.sum(1), before.sum(1))
    torch.testing.assert_close(found / found.sum(1, keepdim=True), name_logits(output.names, said).softmax(1))


def test_one_name_gets_it_all():
    output = output_with_names()
    assert class_probabilities(rename(output, some_names(1)))[:, 0].tolist() == pytest.approx(
        class_probabilities(output).sum(1).tolist(), rel=1e-4
    )


def test_certainty_stays_finite():
    output = output_with_names()
    output.classes = torch.tensor([[0.0, 200.0], [200.0, 0.0]]).repeat(6, 3)
    assert rename(output, some_names(3)).classes.isfinite().all()


def test_without_a_head_for_names_there_is_no_answer():
    with pytest.raises(ConfigError, match='no name_head'):
        rename(replace(output_with_names(), names=None), some_names(3))


def answered(output, said, **counts):
    queries = QuerySet(torch.zeros(len(output), 1), counts, torch.arange(len(output)) % 20)
    return UniSeg3DPostprocess(min_points=0, topk=40)(output, queries, Superpoints.of_points(20), 'r', said)


def test_named_instances_stand_beside_the_others_and_change_none():
    output = output_with_names()
    found, plain = answered(output, some_names(30), scene=12), answered(output, None, scene=12)
    assert plain.named is None and 0 < len(found.named) <= 40
    assert found.named.labels.max() < 30
    assert torch.equal(found.instances.scores, plain.instances.scores)


def test_only_scenes_are_named():
    assert answered(output_with_names(), some_names(30), clicks=12).named is None


def test_shares_that_lack_something_leave_it_to_none_of_them():
    output = output_with_names()
    shares = torch.full((len(output), 3), 0.2)
    found = class_probabilities(with_names(output, shares))
    torch.testing.assert_close(found, 0.2 * looks_like_object(output)[:, None].expand(-1, 3))


def test_witnesses_weigh_in_and_who_saw_nothing_changes_nothing():
    first, second = (torch.rand(4, 5, generator=torch.Generator().manual_seed(seed)).softmax(1) for seed in (0, 1))
    torch.testing.assert_close(mix_shares([first], [2.0]), first)
    torch.testing.assert_close(mix_shares([first, second], [1, 0]), first)
    both = mix_shares([first, second], [1, 3])
    torch.testing.assert_close(both, (first**0.25 * second**0.75) / (first**0.25 * second**0.75).sum(1, keepdim=True))
    blind = torch.full_like(first, 0.2)
    assert torch.equal(mix_shares([first, blind], [1, 1]).argsort(1), first.argsort(1))
    assert mix_shares([torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]])], [1, 1]).isfinite().all()


@pytest.mark.parametrize('weights', [[1.0], [0.0, 0.0], [1.0, -1.0]])
def test_weights_that_weigh_nothing_are_refused(weights):
    shares = torch.full((2, 2), 0.5)
    with pytest.raises(ConfigError, match='2 kinds of evidence need as many weights'):
        mix_shares([shares, shares], weights)


def test_distinct_objects_come_first_and_their_copies_last():
    masks = torch.tensor([[9.0, 9, -9, -9], [9, 9, -9, -9], [-9, -9, 9, 9]])
    classes = torch.tensor([[3.0, 0, 0], [2.9, 0, 0], [1, 0, 0]])
    certainty, rows = distinct_objects(MaskOutput(masks, masks[:, :1], classes))
    assert rows.tolist() == [0, 2, 1] and certainty[2] < 0.01 < certainty[1]
    assert len(distinct_objects(MaskOutput(masks, masks[:, :1], classes), limit=2)[1]) == 2
    assert len(distinct_objects(MaskOutput(masks[:0], masks[:0, :1], classes[:0]))[1]) == 0
