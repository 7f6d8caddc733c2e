"""Experts together."""

import pytest
import torch
import torch.nn.functional as F

from uniseg3d.priors.fusion import FusionOptions, fuse_features
from uniseg3d.utils.errors import ConfigError, DataError

TEXTS = torch.eye(4)
A, B, C, D = TEXTS


def fused(features, skill, **options):
    return fuse_features([torch.stack(rows) for rows in features], torch.tensor(skill), TEXTS, FusionOptions(**options))


def test_who_is_good_at_the_candidates_is_heard():
    skill = [[0.9, 0.9, 0.1, 0.1], [0.1, 0.1, 0.9, 0.9]]
    result = fused([[A, C], [B, D]], skill)
    assert result.classes.tolist() == [[0, 1], [2, 3]]
    assert result.features.argmax(1).tolist() == [0, 3] and result.weights[0, 0] > 0.99


def test_by_hand():
    result = fused([[A], [B]], [[0.6, 0.2, 0, 0], [0.1, 0.3, 0, 0]], temperature=0.5)
    shares = torch.tensor([0.8, 0.4]) / 1.2
    torch.testing.assert_close(result.weights[0], (shares / 0.5).softmax(0))
    torch.testing.assert_close(result.features[0], result.weights[0, 0] * A + result.weights[0, 1] * B)


def test_a_class_counts_as_often_as_it_was_seen():
    result = fused([[A], [A], [B]], [[1.0, 0, 0, 0], [0.5, 0.5, 0, 0], [0, 1.0, 0, 0]], temperature=1.0)
    shares = torch.tensor([2.0, 1.5, 1.0]) / 4.5
    torch.testing.assert_close(result.weights[0], shares.softmax(0))


def test_one_expert_alone_changes_nothing():
    result = fused([[A, 2 * B]], [[0.0, 0.2, 0.3, 0.4]])
    assert torch.equal(result.features, torch.stack([A, 2 * B])) and torch.equal(result.weights, torch.ones(2, 1))


def test_who_saw_nothing_has_no_say_unless_asked():
    blank, skill = torch.zeros(4), [[1.0, 1, 1, 1], [1.0, 1, 1, 1]]
    assert torch.equal(fused([[blank], [B]], skill).features[0], B)
    assert torch.equal(fused([[blank], [B]], skill, weigh_blank=True).features[0], B / 2)
    assert torch.equal(fused([[blank], [blank]], skill).features[0], blank)


def test_where_nobody_is_capable_all_weigh_alike():
    result = fused([[A], [B]], [[0.0] * 4, [0.0] * 4])
    assert result.weights.tolist() == [[0.5, 0.5]]


def test_options():
    skill = [[0.1] * 4, [0.9] * 4]
    assert torch.equal(fused([[A, B], [B, A]], skill, keep_first=0).features[0], A)
    long = fused([[4 * A], [B]], [[0.5] * 4] * 2, unit_length=True).features[0]
    torch.testing.assert_close(long, (A + B) / 2)


def test_many_points_in_parts(monkeypatch):
    rows = [F.normalize(torch.randn(50, 4, generator=torch.Generator().manual_seed(i)), dim=1) for i in range(2)]
    skill = torch.rand(2, 4, generator=torch.Generator().manual_seed(3))
    whole = fuse_features(rows, skill, TEXTS)
    monkeypatch.setattr('uniseg3d.priors.fusion.CHUNK', 7)
    torch.testing.assert_close(fuse_features(rows, skill, TEXTS).features, whole.features)
    assert len(fuse_features([row[:0] for row in rows], skill, TEXTS).features) == 0


def test_what_does_not_fit():
    with pytest.raises(ConfigError, match='no experts'):
        fuse_features([], torch.zeros(0, 4), TEXTS)
    with pytest.raises(DataError, match='of the width of the texts'):
        fuse_features([torch.zeros(2, 3)], torch.zeros(1, 4), TEXTS)
    with pytest.raises(DataError, match='one for each expert'):
        fuse_features([torch.zeros(2, 4)], torch.zeros(2, 4), TEXTS)
    with pytest.raises(DataError, match='finite and not negative'):
        fuse_features([torch.zeros(2, 4)], torch.full((1, 4), torch.nan), TEXTS)
