"""Ranking pairs of queries and classes, and keeping the good ones."""

import pytest
import torch

from uniseg3d.models.postprocess.instance import Candidates, count_points, keep_instances, rank_candidates
from uniseg3d.models.postprocess.mask_quality import mask_quality
from uniseg3d.structures import MaskOutput
from uniseg3d.utils.errors import ConfigError


def random_output(queries=12, superpoints=20, things=5, seed=0, scale=4.0):
    generator = torch.Generator().manual_seed(seed)
    masks, classes = (scale * torch.randn(queries, width, generator=generator) for width in (superpoints, things + 1))
    return MaskOutput(masks, torch.zeros(queries, 1), classes, ious=torch.rand(queries, generator=generator))


def test_quality_is_the_mean_probability_inside():
    masks = torch.tensor([[2.0, -1.0, 0.5], [-1.0, -2.0, 0.0], [50.0, 50.0, 50.0]])
    inside = (masks[0].sigmoid()[0] + masks[0].sigmoid()[2]) / 2
    assert mask_quality(masks).tolist() == pytest.approx([float(inside), 0.0, 1.0], abs=1e-5)
    assert mask_quality(masks.bfloat16()).dtype == torch.float32
    assert mask_quality(masks[:0]).shape == (0,)


def test_all_pairs_are_candidates_where_there_are_fewer_than_asked_for():
    output = random_output(queries=3, things=5)
    ranked = rank_candidates(output, topk=600)
    assert len(ranked.scores) == 15 and ranked.masks.shape == (15, 20)
    assert torch.equal(ranked.labels.sort()[0], torch.arange(5).repeat_interleave(3))
    assert (ranked.scores.diff() <= 0).all()


def test_top_pairs_go_by_class_probability_alone():
    """The quality of masks and duplicates only reorder those that were chosen."""
    output = random_output(queries=6, things=4)
    probability = output.classes.softmax(1)[:, :-1]
    chosen = rank_candidates(output, topk=3)
    best = probability.flatten().topk(3).indices
    assert sorted(chosen.labels.tolist()) == sorted((best % 4).tolist())


def test_predicted_ious_weigh_the_scores():
    output = random_output(queries=1, things=1)
    plain, weighted = (rank_candidates(output, use_ious=use).scores for use in (False, True))
    torch.testing.assert_close(weighted, plain * output.ious)


def test_a_head_that_lacks_something_is_named():
    bare = MaskOutput(torch.zeros(2, 3), torch.zeros(2, 1))
    with pytest.raises(ConfigError, match=r'MaskOutput.classes is missing'):
        rank_candidates(bare)
    with pytest.raises(ConfigError, match=r'MaskOutput.ious is missing; give the model an IoU head, or set instance_ious'):
        rank_candidates(MaskOutput(torch.zeros(2, 3), torch.zeros(2, 1), torch.zeros(2, 4)), use_ious=True)


def test_no_query_gives_no_instance():
    ranked = rank_candidates(random_output(queries=0))
    kept = keep_instances(ranked, torch.ones(20).long(), min_points=0)
    assert len(kept) == 0 and kept.masks.shape == (0, 20) and kept.labels.dtype == torch.int64


def test_points_are_counted_by_the_sizes_of_superpoints():
    masks = torch.tensor([[True, False, True], [False, False, False]])
    assert count_points(masks, torch.tensor([5, 7, 2**40])).tolist() == [2**40 + 5, 0]


def test_thresholds_are_exclusive():
    candidates = Candidates(
        masks=torch.tensor([[0.5, 0.4, 0.9], [0.5, 0.9, 0.1], [0.9, 0.0, 0.0], [0.9, 0.9, 0.9]]),
        scores=torch.tensor([0.9, 0.8, 0.7, 0.5]),
        labels=torch.tensor([0, 1, 2, 3]),
    )
    sizes = torch.tensor([100, 1, 3])
    kept = keep_instances(candidates, sizes, score_threshold=0.5, mask_threshold=0.4, min_points=100)
    assert kept.labels.tolist() == [0, 1]  # the third has just 100 points, the fourth scores just 0.5
    assert kept.masks.tolist() == [[True, False, True], [True, True, False]]


def test_a_void_query_of_certainty_is_no_instance():
    output = random_output(queries=2, things=3)
    output.classes = torch.tensor([[0.0, 0.0, 0.0, 200.0], [200.0, 0.0, 0.0, 0.0]])
    output.masks = torch.full((2, 20), 3.0)
    kept = keep_instances(rank_candidates(output), torch.ones(20).long(), min_points=0)
    assert kept.labels.tolist() == [0]
    assert kept.scores.tolist() == pytest.approx([float(torch.tensor(3.0).sigmoid())], abs=1e-5)
