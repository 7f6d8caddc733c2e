"""What is remembered of images: added, replaced, forgotten."""

import pytest
import torch

from uniseg3d.models.decoders.view_memory import ViewMemory


def memory_of(lengths=(2, 3), hidden=None):
    """Every token is the label of its image; two layers, one scene."""
    labels = tuple(range(len(lengths)))
    layers = [tokens(labels, lengths) + 100 * depth for depth in range(2)]
    return ViewMemory('raw', layers, labels, tuple(lengths), len(lengths), len(lengths), hidden)


def tokens(labels, lengths):
    return torch.tensor(labels).repeat_interleave(torch.tensor(lengths)).float()[None, :, None]


def values(memory, depth=0):
    return memory.layers[depth].flatten().tolist()


def test_what_it_says_of_itself():
    memory = memory_of()
    assert len(memory) == 2 and memory.tokens == 5 and memory.bytes == 2 * 5 * 4
    assert memory.token_labels().tolist() == [0, 0, 1, 1, 1]


def test_new_images_come_last():
    old = memory_of()
    new = old.put([torch.full((1, 1, 1), 7.0), torch.full((1, 1, 1), 8.0)], [2], [1])
    assert values(new) == [0, 0, 1, 1, 1, 7] and values(new, 1) == [100, 100, 101, 101, 101, 8]
    assert (new.labels, new.lengths, new.seen) == ((0, 1, 2), (2, 3, 1), 3)
    assert len(old) == 2 and values(old) == [0, 0, 1, 1, 1], 'the old one is as it was'


def test_known_images_are_replaced_but_the_first_is_not():
    new = memory_of().put([torch.full((1, 6, 1), 7.0)] * 2, [0, 1, 2], [2, 3, 1])
    assert values(new) == [0, 0, 7, 7, 7, 7] and new.labels == (0, 1, 2) and new.seen == 3


def test_replacing_may_change_the_number_of_tokens():
    new = memory_of().put([torch.full((1, 1, 1), 7.0)] * 2, [1], [1])
    assert values(new) == [0, 0, 7] and new.lengths == (2, 1) and new.seen == 2


@pytest.mark.parametrize(('label', 'left'), [(0, [1, 1, 1, 2]), (1, [0, 0, 2]), (2, [0, 0, 1, 1, 1])])
def test_forgetting(label, left):
    hidden = torch.arange(6)[None] % 2 == 0
    memory = memory_of((2, 3, 1), hidden).forget(label)
    assert values(memory) == left and memory.seen == 3 and memory.labels == tuple(sorted(set(map(int, left))))
    assert memory.hidden.tolist() == [[bool(i % 2 == 0) for i, owner in enumerate([0, 0, 1, 1, 1, 2]) if owner != label]]


def test_what_is_hidden_stays_hidden_and_what_is_new_is_seen():
    memory = memory_of(hidden=torch.tensor([[False, True, False, True, True]]))
    assert memory.put([torch.zeros(1, 2, 1)] * 2, [2], [2]).hidden.tolist() == [[False, True, False, True, True, False, False]]


def test_it_moves_to_another_device():
    moved = memory_of().to('meta')
    assert all(layer.is_meta for layer in moved.layers) and moved.labels == (0, 1)
