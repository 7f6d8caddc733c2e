"""Each object takes the single cheapest query that may answer for it."""

import torch

from uniseg3d.models.criteria.matching import one_to_one, top1

ALL = torch.ones(3, 2, dtype=torch.bool)


def test_the_cheapest_query_wins_and_may_win_twice():
    cost = torch.tensor([[3.0, 9.0], [1.0, 2.0], [2.0, 4.0]])
    assert top1(cost, ALL).nonzero().tolist() == [[1, 0], [1, 1]]


def test_a_tie_gives_nobody():
    cost = torch.tensor([[1.0, 5.0], [1.0, 4.0], [2.0, 6.0]])
    assert top1(cost, ALL).nonzero().tolist() == [[1, 1]]


def test_queries_that_may_not_answer_do_not_win_or_tie():
    cost = torch.tensor([[1.0, 1.0], [1.0, 1.0], [0.0, 0.0]])
    allowed = torch.tensor([[True, False], [False, False], [False, False]])
    assert top1(cost, allowed).nonzero().tolist() == [[0, 0]]


def test_a_single_query_that_may_not_answer_stays_out():
    assert not top1(torch.tensor([[7.0]]), torch.tensor([[False]])).any()


def test_one_query_and_none():
    assert top1(torch.tensor([[7.0, 8.0]]), ALL[:1]).tolist() == [[True, True]]
    assert top1(torch.zeros(0, 2), ALL[:0]).shape == (0, 2)
    assert top1(torch.zeros(3, 0), ALL[:, :0]).shape == (3, 0)


def test_heads_are_matched_apart():
    cost = torch.rand(4, 3, 2, generator=torch.Generator().manual_seed(0))
    allowed = ALL.expand(4, -1, -1)
    assert torch.equal(top1(cost, allowed), torch.stack([top1(c, ALL) for c in cost]))


def test_no_number_is_nobody():
    cost = torch.tensor([[float('nan'), 1.0], [1.0, 2.0], [2.0, 3.0]])
    assert top1(cost, ALL).nonzero().tolist() == [[0, 1]]


def test_one_to_one_pairs_at_the_smallest_total_cost():
    query, target = one_to_one(torch.tensor([[1.0, 2.0], [1.1, 9.0], [5.0, 8.0]]))
    assert query.tolist() == [0, 1] and target.tolist() == [1, 0]


def test_one_to_one_of_fewer_queries_than_objects_or_of_none():
    query, target = one_to_one(torch.tensor([[3.0, 1.0, 2.0]]))
    assert query.tolist() == [0] and target.tolist() == [1]
    assert [part.tolist() for part in one_to_one(torch.zeros(4, 0))] == [[], []]


def test_one_to_one_survives_costs_that_are_no_numbers():
    query, _ = one_to_one(torch.tensor([[float('nan')], [1.0]]))
    assert query.tolist() == [1]
