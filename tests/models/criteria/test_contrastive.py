"""Contrast and ranks of clicks and sentences, against plain loops."""

import math

import pytest
import torch
import torch.nn.functional as F

from uniseg3d.models.criteria.contrastive import ContrastiveCriterion, naming_entropy, open_text_entropy

OBJECTS = torch.tensor([4, 7, 9])


@pytest.fixture
def embeddings():
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(3, 6, generator=generator) for _ in range(2)]


def loops(clicks, texts, scale):
    """Contrast and sum of ranks, pair by pair."""
    cosine = F.cosine_similarity(clicks[:, None], texts[None], dim=2)
    rows = [F.cross_entropy(scale * m[i], torch.tensor(i)) for m in (cosine, cosine.T) for i in range(len(m))]
    ranks = [max(0.0, float(cosine[i, j] - cosine[j, j])) for i in range(3) for j in range(3) if i != j]
    return torch.stack(rows).mean(), sum(ranks)


@pytest.mark.parametrize('published', [True, False])
def test_distinct_objects_as_in_plain_loops(embeddings, published):
    criterion = ContrastiveCriterion(raw_logit_scale=published, sum_ranks=published)
    contrast, ranks = criterion(*embeddings, OBJECTS)
    expected_contrast, expected_ranks = loops(*embeddings, math.log(1 / 0.07) if published else 1 / 0.07)
    assert contrast.item() == pytest.approx(expected_contrast.item(), rel=1e-5)
    assert ranks.item() == pytest.approx(expected_ranks if published else expected_ranks / 3, rel=1e-5)


def test_another_sentence_about_the_same_object_is_no_wrong_answer(embeddings):
    clicks, texts = embeddings
    criterion = ContrastiveCriterion(sum_ranks=True)
    alone = criterion(clicks[:1], texts[:1], OBJECTS[:1])
    twins = criterion(clicks[:1].expand(2, -1), texts[:2], torch.tensor([4, 4]))
    assert [loss.item() for loss in twins] == pytest.approx([loss.item() for loss in alone], abs=1e-6)


def test_no_pairs_are_zero_and_still_reach_the_scale():
    criterion = ContrastiveCriterion()
    contrast, ranks = criterion(torch.zeros(0, 6, requires_grad=True), torch.zeros(0, 6), OBJECTS[:0])
    (contrast + ranks).backward()
    assert (contrast.item(), ranks.item(), criterion.logit_scale.grad.item()) == (0.0, 0.0, 0.0)


def test_the_scale_stays_below_a_hundred(embeddings):
    criterion = ContrastiveCriterion()
    losses = []
    for value in (5.0, 50.0):
        criterion.logit_scale.data.fill_(value)
        losses.append(criterion(*embeddings, OBJECTS)[0].item())
    assert losses[0] == losses[1]


def test_naming_entropy_leaves_out_other_names_of_the_same_object():
    logits = torch.tensor([[1.0, 5.0, 2.0]])
    got = naming_entropy(logits, torch.tensor([0]), torch.tensor([3, 3, 8]))
    assert got.item() == pytest.approx(math.log(1 + math.exp(1.0)))


def test_open_text_learns_to_name_objects_by_their_sentences():
    torch.manual_seed(0)
    shown, texts = torch.randn(4, 6, requires_grad=True), torch.randn(3, 6)
    answer = torch.tensor([2, 0, 1, 2])
    optimizer = torch.optim.Adam([shown], 0.1)
    for _ in range(60):
        optimizer.zero_grad()
        loss = open_text_entropy(shown, texts, answer, OBJECTS)
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.01
    assert torch.equal((F.normalize(shown, dim=1) @ F.normalize(texts, dim=1).T).argmax(1), answer)
