"""What is learned from lifted features."""

import pytest
import torch
import torch.nn.functional as F

from uniseg3d.models.criteria.point_distillation import (
    blend_history,
    class_terms,
    cosine_distance,
    feature_terms,
    point_terms,
    superpoint_labels,
    thinned,
)

TARGET = F.normalize(torch.randn(6, 4, generator=torch.Generator().manual_seed(0)), dim=1)
SUPERPOINT = torch.tensor([7, 7, 3, 3, 3, 9])


def test_every_voxel_is_drawn_to_the_mean_of_its_superpoint():
    means = torch.stack([TARGET[number == SUPERPOINT].mean(0) for number in SUPERPOINT.tolist()])
    terms = feature_terms(5 * means, TARGET, SUPERPOINT)
    assert terms['point'].item() == pytest.approx(0, abs=1e-6) and terms['superpoint'].item() == pytest.approx(0, abs=1e-6)
    assert feature_terms(TARGET, TARGET, SUPERPOINT)['point'] > 0.01


def test_superpoints_count_alike():
    wrong = TARGET.clone()
    wrong[5] = -wrong[5]
    term = feature_terms(wrong, TARGET, SUPERPOINT)['superpoint']
    assert term.item() == pytest.approx(2 / 3, abs=1e-6)


def test_nothing_was_seen():
    features = torch.zeros(0, 4, requires_grad=True)
    terms = feature_terms(features, TARGET[:0], SUPERPOINT[:0])
    (terms['point'] + terms['superpoint']).backward()
    assert terms['point'] == 0 and features.grad.shape == (0, 4)
    assert class_terms(features, SUPERPOINT[:0], SUPERPOINT[:0], torch.eye(4))['superpoint'] == 0


def test_halves_are_measured_in_float32():
    torch.testing.assert_close(cosine_distance(TARGET.half(), TARGET.half()), torch.zeros(6), atol=1e-3, rtol=0)
    assert cosine_distance(TARGET.half(), TARGET.half()).dtype == torch.float32
    assert point_terms(TARGET, TARGET, 'l1') == 0 and point_terms(-TARGET, TARGET, 'cosine').item() == pytest.approx(2)


def test_classes_by_hand():
    texts = torch.eye(4)
    labels = superpoint_labels(TARGET, SUPERPOINT, texts)
    assert all(len(labels[number == SUPERPOINT].unique()) == 1 for number in (3, 7, 9))
    terms = class_terms(10 * texts[labels], labels, SUPERPOINT, texts)
    assert terms['point'] < 0.01 and terms['superpoint'] < 0.01
    assert class_terms(-10 * texts[labels], labels, SUPERPOINT, texts)['point'] > 5


def test_the_average_moves_little_and_keeps_its_type():
    new = blend_history(torch.zeros(2, 3), torch.ones(2, 3, requires_grad=True), 0.9)
    torch.testing.assert_close(new, torch.full((2, 3), 0.1))
    assert not new.requires_grad
    assert blend_history(torch.ones(1, 1).half(), torch.zeros(1, 1), 0.9999).item() == 1  # too small a step for float16


def test_a_random_part():
    assert thinned(5, None) is None and thinned(5, 5) is None
    rows = thinned(50, 20, torch.Generator().manual_seed(0))
    assert len(rows.unique()) == 20 and rows.max() < 50
