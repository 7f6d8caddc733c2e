"""Multi-view averages and the pixel rule of dense experts, against the published programs."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from fixture_paths import fixture_folder

from uniseg3d.geometry.projection import find_visible
from uniseg3d.priors.dense import padded_features
from uniseg3d.priors.lifting import ViewAverage

ULP = {'rtol': 2**-10, 'atol': 2**-24}  # one unit in the last place of float16


@pytest.fixture(scope='module')
def average():
    return dict(np.load(fixture_folder('sas') / 'multiview_average.npz'))


def sightings(case):
    depth = torch.from_numpy(case['depth_mm'].astype(np.float64) / 1000)
    return find_visible(
        torch.from_numpy(case['points']),
        torch.from_numpy(case['cam_to_world']),
        torch.from_numpy(case['intrinsic'])[None, :3, :3],
        tuple(case['image_wh'].tolist()),
        depth,
        float(case['visibility_threshold']),
        int(case['border_cut']),
    )


def averaged(case, views):
    lifting = ViewAverage(sightings(case), case['feature_maps'].shape[1])
    for view in views:
        lifting.add(view, torch.from_numpy(case['feature_maps'][view]))
    return lifting


def check(lifted, features, mask):
    np.testing.assert_array_equal(lifted.seen.numpy(), mask)
    np.testing.assert_allclose(lifted.features.float(), features.astype(np.float32), **ULP)


@pytest.mark.full_set
def test_all_views(average):
    check(averaged(average, range(len(average['feature_maps']))).mean(), average['feat'], average['mask_full'])


@pytest.mark.full_set
def test_a_view_without_features_still_shows_its_points(average):
    views = [view for view in range(len(average['feature_maps'])) if view != int(average['missing_frame'])]
    lifted = averaged(average, views).mean()
    check(lifted, average['feat_with_missing_frame'], average['mask_full_with_missing_frame'])


@pytest.mark.full_set
def test_a_subset_of_the_points(average):
    count, draw = len(average['points']), np.random.RandomState(int(average['numpy_seed']))
    only = torch.zeros(count, dtype=torch.bool)
    only[torch.from_numpy(draw.choice(range(count), int(average['n_split_points']), replace=False))] = True
    lifted = averaged(average, range(len(average['feature_maps']))).mean(only)
    check(lifted, average['feat_subset'], average['mask_full_subset'])


def test_dense_experts():
    case = dict(np.load(fixture_folder('sas') / 'dense_expert_geometry.npz'))
    weight, bias = torch.from_numpy(case['conv_weight']), torch.from_numpy(case['conv_bias'])

    def network(image):
        return F.normalize(F.conv2d(image, weight, bias, stride=2), dim=1)

    shapes = [name.removesuffix('_image') for name in case if name.endswith('_image')]
    assert shapes
    for shape in shapes:
        image, expected = torch.from_numpy(case[f'{shape}_image']), case[f'{shape}_feat']
        got = padded_features(image, network, int(case['base_size']), int(case['crop_size']))
        np.testing.assert_allclose(got, expected, atol=1e-4)
