"""Who may look at whom."""

import torch

from uniseg3d.models.decoders.sight import Sight

CPU = torch.device('cpu')


def unseen(lengths, kept=0, causal=False):
    return Sight.among(lengths, kept, None, causal, CPU).unseen


def test_all_but_oneself():
    assert unseen({0: 2, 1: 1, 2: 1}).tolist() == [
        [True, True, False, False],
        [False, False, True, False],
        [False, False, False, True],
    ]


def test_those_before_and_the_first_the_second():
    assert unseen({0: 1, 1: 2, 2: 1}, causal=True).tolist() == [
        [True, False, False, True],
        [False, True, True, True],
        [False, False, False, True],
    ]


def test_in_a_later_block_the_first_has_the_memory():
    assert unseen({0: 1, 1: 1}, kept=3, causal=True).tolist() == [[True, True], [False, True]]


def test_tokens_come_in_the_order_of_their_groups():
    mixed = unseen({0: 1, 2: 1, 1: 2})
    assert mixed[1].tolist() == [False, False, True, True] and mixed[2].tolist() == [False, True, False, False]


def test_one_image_sees_all_there_is():
    assert Sight.among({0: 4}, 0, None, False, CPU).blocked([0], 4) is None
    assert Sight.among({}, 5, None, True, CPU).blocked([0, 1], 4) is None


def test_hidden_tokens_of_the_memory():
    hidden = torch.tensor([[True, False, False], [False, False, True]])
    alone = Sight.among({}, 3, hidden, False, CPU).blocked([0], 2)
    assert alone.shape == (2, 1, 1, 3) and torch.equal(alone[:, 0, 0], hidden)
    both = Sight.among({0: 2, 1: 1}, 3, hidden, False, CPU).blocked([0], 2)
    assert both.shape == (2, 1, 2, 6)
    assert both[1, 0, 1].tolist() == [False, False, True, True, True, False]


def test_a_memory_that_hides_nothing_is_seen_by_all():
    rows = Sight.among({0: 1, 1: 1}, 2, None, False, CPU).blocked([1], 1)
    assert rows[0, 0].tolist() == [[False, False, False, True]]
