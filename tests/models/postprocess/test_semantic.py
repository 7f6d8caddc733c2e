"""Classes of superpoints from queries."""

import pytest
import torch

from uniseg3d.models.postprocess.semantic import superpoint_classes
from uniseg3d.structures import MaskOutput
from uniseg3d.utils.errors import ConfigError


def output_of(semantic, masks):
    return MaskOutput(masks, torch.zeros(len(masks), 1), semantic=semantic)


def test_each_query_decides_for_its_own_superpoint_and_void_is_never_chosen():
    semantic = torch.tensor([[1.0, 2, 0, 9], [5, 0, 0, 9], [0, 0, 3, 9]])
    classes = superpoint_classes(output_of(semantic, torch.full((3, 3), 50.0)), torch.tensor([2, 0, 1]), 3)
    assert classes.shape == (3, 3)
    assert classes.argmax(1).tolist() == [0, 2, 1]


def test_superpoints_without_a_query_are_voted_for_by_masks():
    semantic = torch.tensor([[9.0, 0, 0], [0, 9, 0]])
    masks = torch.tensor([[-9.0, -9, 9, -9], [-9, -9, -9, 9]])
    classes = superpoint_classes(output_of(semantic, masks), torch.tensor([1, 0]), 4)
    assert classes.argmax(1).tolist() == [1, 0, 0, 1]


def test_queries_that_come_from_no_superpoint_only_vote():
    semantic = torch.tensor([[9.0, 0, 0], [0, 9, 0], [0, 9, 0]])
    masks = torch.tensor([[9.0, -9, -9], [9, -9, 9], [-9, 1, -9]])
    classes = superpoint_classes(output_of(semantic, masks), torch.tensor([0, -1, -1]), 3)
    assert classes.argmax(1).tolist() == [0, 1, 1]
    all_learned = superpoint_classes(output_of(semantic, masks), torch.tensor([-1, -1, -1]), 3)
    assert all_learned[0].tolist() == pytest.approx([1.0, 1.0], abs=1e-3)  # two sure masks, each for its class


def test_votes_overrule_an_unsure_query_and_leave_a_sure_one():
    semantic = torch.tensor([[0.2, 0, 0], [0, 9, 0], [9, 0, 0]])
    masks = torch.tensor([[-9.0, -9, -9], [9, 9, 9], [-9, -9, -9]])  # the second query says that all is its object
    own = superpoint_classes(output_of(semantic, masks), torch.tensor([0, 1, 2]), 3)
    votes = superpoint_classes(output_of(semantic, masks), torch.tensor([0, 1, 2]), 3, votes=True)
    assert own.argmax(1).tolist() == [0, 1, 0]
    assert votes.argmax(1).tolist()[:2] == [1, 1]
    assert votes[2, 0].item() == pytest.approx(1.0, abs=2e-3)  # its own word and the mean of the votes weigh the same
    assert votes.sum(1).tolist() == pytest.approx([2.0, 2, 2], abs=1e-3)


def test_votes_where_no_mask_covers_leave_the_own_word():
    semantic = torch.tensor([[0.2, 0, 0]])
    votes = superpoint_classes(output_of(semantic, torch.full((1, 2), -200.0)), torch.tensor([1]), 2, votes=True)
    assert votes[1].argmax() == 0 and not votes[0].any()


def test_one_superpoint_and_no_query():
    one = superpoint_classes(output_of(torch.tensor([[0.0, 4, 1]]), torch.zeros(1, 1)), torch.tensor([0]), 1)
    assert one.argmax(1).tolist() == [1]
    none = superpoint_classes(output_of(torch.zeros(0, 3), torch.zeros(0, 5)), torch.zeros(0).long(), 5)
    assert none.shape == (5, 2) and not none.any()


def test_half_precision_is_widened():
    semantic = torch.tensor([[1.0, 2, 0]]).bfloat16()
    assert superpoint_classes(output_of(semantic, torch.zeros(1, 2).bfloat16()), torch.tensor([1]), 2).dtype == torch.float32


def test_a_head_without_semantic_logits_is_refused():
    with pytest.raises(ConfigError, match=r'MaskOutput.semantic is missing'):
        superpoint_classes(MaskOutput(torch.zeros(1, 1), torch.zeros(1, 1)), torch.tensor([0]), 1)
