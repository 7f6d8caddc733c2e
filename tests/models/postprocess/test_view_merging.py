"""Merging masks of views beyond the references: empty cases, ties with the caller, what padding and thresholds do."""

import numpy as np
import pytest
import torch

from uniseg3d.models.postprocess.qubo import Annealing, coverage_matrix, energy
from uniseg3d.models.postprocess.qubo_merge import QuboMerge
from uniseg3d.models.postprocess.standard_merge import VOID_CONFIDENCE, StandardMerge
from uniseg3d.models.postprocess.view_masks import ViewMasks
from uniseg3d.models.postprocess.view_merging import MERGES, view_merge
from uniseg3d.utils.errors import ConfigError, DataError

SURE = 8.0
SIZES = [(8, 12), (12, 8)]


def halves(queries: int = 2, classes: int = 3) -> ViewMasks:
    """The left half of every view shows query 0 of class 1, the right half query 1 of class 2; others show nothing."""
    logits = []
    for height, width in SIZES:
        masks = torch.full((queries, height // 2, width // 2), -SURE)
        masks[0, :, : width // 4] = SURE
        masks[1, :, width // 4 :] = SURE
        logits.append(masks)
    scores = torch.full((queries, classes), -SURE)
    scores[0, 1] = scores[1, 2] = SURE
    return ViewMasks(logits, SIZES, scores)


@pytest.mark.parametrize('name', MERGES)
def test_both_halves_are_found_in_all_views(name):
    views = halves(queries=4)
    before = [part.clone() for part in views.logits]
    result = view_merge(name)(views)
    assert result.labels.tolist() == [1, 2] and result.queries.tolist() == [0, 1]
    for segments, semantic, (height, width) in zip(result.segments, result.semantic, SIZES, strict=True):
        assert segments.shape == (height, width)
        assert (segments[:, : width // 2] == 1).all() and (segments[:, width // 2 :] == 2).all()
        assert torch.equal(semantic, segments)
    assert all(torch.equal(part, old) for part, old in zip(views.logits, before, strict=True)), 'the caller keeps its masks'


@pytest.mark.parametrize('name', MERGES)
@pytest.mark.parametrize(('queries', 'classes'), [(0, 3), (2, 0)])
def test_nothing_to_merge_is_void(name, queries, classes):
    logits = [torch.full((queries, 4, 6), -SURE), torch.full((queries, 6, 4), -SURE)]
    result = view_merge(name)(ViewMasks(logits, SIZES, torch.zeros(queries, classes)))
    assert len(result.labels) == 0 and len(result) == 2
    for segments, semantic in zip(result.segments, result.semantic, strict=True):
        assert not segments.any() and (semantic == -1).all()
    if queries == 0:
        assert all((part == VOID_CONFIDENCE).all() for part in result.confidence)


def test_a_mask_that_loses_its_pixels_leaves_and_the_winners_share_them():
    views = halves(queries=3)
    for part in views.logits:  # the third says it all, but it is less sure of its class
        part[2] = SURE
    views.classes[2, 0] = 0.5
    result = StandardMerge()(views)
    assert result.queries.tolist() == [0, 1]
    views.classes[:2] -= 2 * SURE
    assert StandardMerge()(views).queries.tolist() == [2]


def test_no_object_is_no_class():
    views = halves(classes=3)  # the last class is that of query 1
    assert StandardMerge(no_object=True)(views).queries.tolist() == [0]
    assert QuboMerge(no_object=True)(views).labels.tolist() == [1]


def test_what_small_views_lack_is_no_area_unless_asked_for():
    views = halves()
    assert views.padded_pixels == 2 * 12 * 12 and views.padding == 2 * 12 * 4
    unsure = views.classes - 2 * SURE + 3.3  # probability of the class 0.009
    unsure[0, 1] = -3.9  # 0.02
    views = ViewMasks(views.logits, views.sizes, unsure)
    assert QuboMerge()(views).queries.tolist() == [0]
    assert QuboMerge(count_padding=True, least_score=0.012)(views).queries.tolist() == []
    assert QuboMerge(least_score=0.012)(views).queries.tolist() == [0]


def test_bad_input_is_named():
    views = halves()
    with pytest.raises(DataError, match='2 views have masks and 1 a size'):
        ViewMasks(views.logits, SIZES[:1], views.classes)
    with pytest.raises(DataError, match=r'masks of view 0 have shape \(2, 4, 6\)'):
        ViewMasks(views.logits, SIZES, views.classes[:1])
    with pytest.raises(ConfigError, match='expected one of standard_v2, standard_v1, qubo'):
        view_merge('best')
    with pytest.raises(ConfigError, match='at least one pass'):
        StandardMerge(passes=0)
    with pytest.raises(ConfigError, match='0 < coldest <= hottest'):
        Annealing(coldest=0.0)


def random_matrix(count: int, seed: int = 0) -> np.ndarray:
    masks = np.random.default_rng(seed).random((count, 200)) ** 8
    return coverage_matrix(np.minimum(masks[:, None], masks).sum(2), 200)


def test_annealing_is_the_same_every_time_and_no_flip_helps_it():
    matrix = random_matrix(40)
    chosen = Annealing(restarts=2, flips=300)(matrix)
    assert np.array_equal(chosen, Annealing(restarts=2, flips=300)(matrix))
    flipped = np.abs(chosen - np.eye(40, dtype=int))
    assert (energy(matrix, flipped) >= energy(matrix, chosen) - 1e-9).all()


def test_annealing_finds_the_best_of_all_assignments():
    matrix = random_matrix(10, seed=3)
    every = np.array(np.meshgrid(*[[0, 1]] * 10)).reshape(10, -1).T
    assert energy(matrix, Annealing(restarts=4, flips=500)(matrix)) == pytest.approx(energy(matrix, every).min())
    assert energy(matrix, Annealing(flips=500)(matrix, price=20.0), 20.0) == 0  # too dear: no mask at all
    assert len(Annealing()(np.zeros((0, 0)))) == 0
