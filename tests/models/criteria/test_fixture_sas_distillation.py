"""Losses of both stages, against the published program."""

import numpy as np
import pytest
import torch
from fixture_paths import fixture_folder

from uniseg3d.models.criteria.point_distillation import (
    blend_history,
    class_terms,
    compact,
    feature_terms,
    point_terms,
    superpoint_labels,
)

pytestmark = pytest.mark.full_set
CLOSE = {'rtol': 1e-5, 'atol': 1e-6}


@pytest.fixture(scope='module')
def case():
    return {
        name: torch.from_numpy(value) if value.dtype.kind in 'iufb' and value.ndim else value
        for name, value in np.load(fixture_folder('sas') / 'distillation.npz').items()
    }


def voxel_superpoints(case):
    return case['superpoint'].long()[case['vox_ind'].long()]


def check(terms, features, case, name):
    loss = terms['point'] + terms['superpoint']
    (gradient,) = torch.autograd.grad(loss, features)
    np.testing.assert_allclose(loss.item(), case[f'{name}_loss'], **CLOSE)
    for term in ('point', 'superpoint'):
        np.testing.assert_allclose(terms[term].item(), case[f'{name}_loss_{term}'], **CLOSE)
    np.testing.assert_allclose(gradient, case[f'{name}_grad'], rtol=1e-5, atol=1e-5 * float(case[f'{name}_grad'].abs().max()))


def test_first_stage(case):
    features = case['feat3d'].clone().requires_grad_()
    seen = case['visible_mask']
    terms = feature_terms(features[seen], case['feat2d_visible'], voxel_superpoints(case)[seen])
    check(terms, features, case, 's1')


def test_plain_losses(case):
    features = case['feat3d'][case['visible_mask']]
    for kind in ('cosine', 'l1'):
        loss = point_terms(features, case['feat2d_visible'], kind)
        np.testing.assert_allclose(loss.item(), case[f'baseline_{kind}'], **CLOSE)


def test_a_bounded_number_of_voxels(case):
    draw = np.random.RandomState(int(case['cap_numpy_seed']))
    count = len(case['cap_feat2d'])
    rows = torch.from_numpy(draw.choice(range(count), int(case['cap_limit']), replace=False))
    ids = case['cap_superpoint_of_voxel'].long()
    terms = feature_terms(case['cap_feat3d'][rows], case['cap_feat2d'][rows], ids[rows])
    for term in ('point', 'superpoint'):
        np.testing.assert_allclose(terms[term].item(), case[f'cap_loss_{term}'], **CLOSE)


def test_second_stage(case):
    features, texts = case['feat3d'].clone().requires_grad_(), case['text_features']
    inverse, representative = case['inds_reconstruct'].long(), case['vox_ind'].long()
    history = blend_history(case['s2_history_before'], features[inverse], float(case['s2_alpha']))
    expected = case['s2_history_after']
    assert history.dtype == expected.dtype
    np.testing.assert_allclose(history.float(), expected.float(), rtol=2**-10, atol=2**-24)
    changed = (history != case['s2_history_before']).float().mean().item()
    np.testing.assert_allclose(changed, case['s2_fraction_changed'], atol=1e-3)
    superpoint = voxel_superpoints(case)
    labels = superpoint_labels(history[representative], superpoint, texts)
    ids, _ = compact(superpoint)
    np.testing.assert_array_equal(torch.unique(superpoint), case['s2_superpoint_values'])
    np.testing.assert_array_equal(labels, case['s2_pseudo_label_of_superpoint'].long()[ids])
    check(class_terms(features, labels, superpoint, texts), features, case, 's2')
