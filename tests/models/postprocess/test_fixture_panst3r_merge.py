"""Family vi of PanSt3R: masks of views of several shapes become one panoptic map."""

import numpy as np
import pytest
import torch
from panst3r_archives import archive, assert_equals, setting, tensor

from uniseg3d.models.postprocess.qubo import Annealing, coverage_matrix, energy
from uniseg3d.models.postprocess.qubo_merge import QuboMerge
from uniseg3d.models.postprocess.standard_merge import StandardMerge
from uniseg3d.models.postprocess.view_masks import ViewMasks
from uniseg3d.models.postprocess.view_merging import view_merge
from uniseg3d.ops.soft_overlap import soft_overlap
from uniseg3d.structures.panoptic_views import PanopticViews

pytestmark = pytest.mark.full_set  # the repository holds one archive of each kind at most
NAME = 'vi_postprocess'
STANDARD = {
    'standard_v1': view_merge('standard_v1'),
    'standard_v2': view_merge('standard_v2'),
    'standard_v2_temperature_0p05': StandardMerge(temperature=0.05),
    'standard_v2_three_passes': StandardMerge(passes=3, class_threshold=0.3),
    'standard_v2_softmax': StandardMerge(no_object=True),
}


def given() -> ViewMasks:
    sizes = [tuple(size) for size in archive(NAME)['in.true_shape'].tolist()]
    logits = [tensor(NAME, f'in.pred_masks{view}')[0] for view in range(len(sizes))]
    return ViewMasks(logits, sizes, tensor(NAME, 'in.pred_logits')[0])


def compare(result: PanopticViews, case: str) -> None:
    for view, (segments, confidence) in enumerate(zip(result.segments, result.confidence, strict=True)):
        assert np.array_equal(segments.numpy(), archive(NAME)[f'out.{case}.pan{view}'])
        assert_equals(confidence, NAME, f'{case}.conf{view}')
    expected = {key: archive(NAME)[f'out.{case}.segments.{key}'] for key in ('id', 'category_id', 'count')}
    assert expected['id'].tolist() == list(range(1, len(result.labels) + 1)) and expected['count'] == len(result.labels)
    assert result.labels.tolist() == expected['category_id'].tolist()


@pytest.mark.parametrize('case', STANDARD)
def test_the_likeliest_mask_takes_the_pixel(case):
    result = STANDARD[case](given())
    compare(result, case)
    assert result.queries.tolist() == archive(NAME)[f'out.{case}.segments.query_id'].tolist()


def test_masks_at_the_size_of_the_images():
    views, expected = given(), tensor(NAME, 'out.resized_padded_probabilities')
    every = torch.arange(len(views.classes))
    for view, masks in enumerate(views.probabilities(every)):
        height, width = masks.shape[1:]
        torch.testing.assert_close(masks, expected[:, view, :height, :width], atol=2e-6, rtol=0)
    assert views.padded_pixels == expected[0].numel()


def matrix() -> np.ndarray:
    overlap = soft_overlap(tensor(NAME, 'out.resized_padded_probabilities').flatten(1)).numpy()
    return coverage_matrix(overlap, archive(NAME)['out.resized_padded_probabilities'][0].size, setting(NAME, 'qubo.penalty'))


def test_the_objective():
    np.testing.assert_allclose(matrix(), archive(NAME)['out.qubo.W'], atol=1e-6)
    found = energy(matrix(), archive(NAME)['in.qubo.assignments'], setting(NAME, 'qubo.lambda'))
    np.testing.assert_allclose(found, archive(NAME)['out.qubo.energies'], atol=5e-6)


@pytest.mark.parametrize('seed', range(5))
def test_annealing_finds_the_optimum(seed):
    annealing = Annealing(
        int(setting(NAME, 'qubo.restarts')),
        int(setting(NAME, 'qubo.iterations')),
        setting(NAME, 'qubo.T0'),
        setting(NAME, 'qubo.T_end'),
        seed,
    )
    price = setting(NAME, 'qubo.lambda')
    chosen = annealing(matrix(), price)
    assert chosen.tolist() == archive(NAME)['out.qubo.optimum'].tolist()
    lowest = energy(matrix(), chosen, price)
    assert lowest == pytest.approx(archive(NAME)['out.qubo.optimum_energy'], abs=5e-6)
    assert lowest < archive(NAME)['out.qubo.second_best_energy']


def test_the_masks_of_the_optimum_share_the_pixels():
    views = given()
    options = {'penalty': setting(NAME, 'qubo.penalty'), 'price': setting(NAME, 'qubo.lambda')}
    merge = QuboMerge(**options, count_padding=True)
    result = merge(views)
    compare(result, 'qubo')
    (chosen,) = merge.choose(views).nonzero(as_tuple=True)
    # the original numbers the queries among the chosen ones
    assert torch.equal(chosen[tensor(NAME, 'out.qubo.segments.query_id')], result.queries)
    torch.testing.assert_close(result.scores.double(), tensor(NAME, 'out.qubo.segments.class_prob'), atol=5e-6, rtol=0)
    segments, confidence = (torch.cat([part.flatten() for part in maps]) for maps in (result.segments, result.confidence))
    count = len(result.labels) + 1
    areas = segments.bincount(minlength=count)[1:]
    if result.queries[0] == chosen[0]:
        areas[0] += views.padding  # and counts what the smaller views lack as pixels of the first of them
    assert torch.equal(areas, tensor(NAME, 'out.qubo.segments.area'))
    sure = segments.bincount(confidence.double(), minlength=count)[1:]
    torch.testing.assert_close(sure / areas, tensor(NAME, 'out.qubo.segments.mask_conf'), atol=5e-6, rtol=0)
