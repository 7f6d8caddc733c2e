import numpy as np
import pytest

from uniseg3d.transforms import MapSemantic
from uniseg3d.utils.errors import DataError


def test_the_twenty_classes_in_order_and_void_for_the_rest():
    listed = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 24, 28, 33, 34, 36, 39]
    mapped = MapSemantic()({'semantic': np.arange(42)})['semantic']
    np.testing.assert_array_equal(mapped[listed], np.arange(20))
    assert (np.delete(mapped, listed) == 20).all()


@pytest.mark.parametrize('wrong', [42, 1191, -1])
def test_ids_of_another_label_space_are_refused(wrong):
    with pytest.raises(DataError, match='scannet200'):
        MapSemantic()({'semantic': np.array([1, wrong])})


def test_scenes_without_labels_pass():
    assert MapSemantic()({'semantic': None})['semantic'] is None
