import pytest
import torch

from uniseg3d.structures import MaskSet, PanopticMap, Prediction, Superpoints
from uniseg3d.utils.errors import DataError

SUPERPOINTS = Superpoints(torch.tensor([0, 1, 1, 2]))


def masks(count=2, superpoints=3):
    return MaskSet(torch.ones(count, superpoints, dtype=torch.bool), torch.rand(count), torch.zeros(count, dtype=torch.long))


def test_masks_expand_to_points_only_when_asked():
    prediction = Prediction('s', SUPERPOINTS, instances=masks())
    assert prediction.instances.masks.shape == (2, 3)
    assert prediction.per_point(prediction.instances.masks).shape == (2, 4)
    assert prediction.per_point(torch.tensor([7, 8, 9])).tolist() == [7, 8, 8, 9]


def test_no_masks_are_a_result():
    assert len(Prediction('s', SUPERPOINTS, instances=masks(0)).instances) == 0


@pytest.mark.parametrize(
    ('field', 'value'),
    [
        ('semantic', torch.zeros(4, dtype=torch.long)),
        ('instances', masks(superpoints=4)),
        ('texts', masks(superpoints=2)),
        ('panoptic', PanopticMap(torch.zeros(4, dtype=torch.long), torch.zeros(4, dtype=torch.long))),
    ],
)
def test_results_of_another_partition_are_refused(field, value):
    with pytest.raises(DataError, match='expected shape'):
        Prediction('s', SUPERPOINTS, **{field: value})


def test_scores_labels_and_masks_have_one_length():
    with pytest.raises(DataError, match=r'MaskSet\.masks'):
        MaskSet(torch.ones(1, 3, dtype=torch.bool), torch.rand(2), torch.zeros(2, dtype=torch.long))
    with pytest.raises(DataError, match=r'PanopticMap\.segment'):
        PanopticMap(torch.zeros(3, dtype=torch.long), torch.zeros(2, dtype=torch.long))


def test_another_kind_of_result_is_named():
    with pytest.raises(DataError, match=r'scene s: Prediction\.instances must be of type MaskSet, got Tensor'):
        Prediction('s', SUPERPOINTS, instances=torch.ones(2, 3))
    with pytest.raises(DataError, match=r'Prediction\.superpoints must be of type Superpoints'):
        Prediction('s', SUPERPOINTS.ids)
    with pytest.raises(DataError, match=r'MaskSet\.masks: expected bool, got torch\.int64'):
        MaskSet(torch.ones(1, 3).long(), torch.rand(1), torch.zeros(1, dtype=torch.long))
