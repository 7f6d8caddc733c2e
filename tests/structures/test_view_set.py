import pytest
import torch

from uniseg3d.structures import ViewSet
from uniseg3d.utils.errors import DataError

IMAGES = torch.zeros(2, 4, 6, 3, dtype=torch.uint8)


def test_photos_alone_are_enough():
    assert len(ViewSet('s', IMAGES, ['a.jpg', 'b.jpg'])) == 2


def test_no_photos_are_refused_with_the_scene():
    with pytest.raises(DataError, match='scene s: no images'):
        ViewSet('s', IMAGES[:0], [])


@pytest.mark.parametrize(
    ('field', 'value'),
    [
        ('intrinsics', torch.eye(3)[None]),
        ('camera_to_world', torch.zeros(2, 3, 4)),
        ('depth', torch.zeros(2, 6, 4)),
        ('semantic', torch.zeros(2, 4, 7, dtype=torch.long)),
        ('instance', torch.zeros(3, 4, 6, dtype=torch.long)),
    ],
)
def test_a_field_of_another_size_is_named(field, value):
    with pytest.raises(DataError, match=rf'ViewSet\.{field}: expected shape'):
        ViewSet('s', IMAGES, ['a', 'b'], **{field: value})


def test_names_and_images_have_one_length():
    with pytest.raises(DataError, match=r'ViewSet\.images: expected shape \(1,'):
        ViewSet('s', IMAGES, ['a'])


@pytest.mark.parametrize(
    ('field', 'value', 'expected'),
    [
        ('images', IMAGES.float(), 'uint8'),
        ('intrinsics', torch.eye(3, dtype=torch.long).expand(2, 3, 3), 'float32 or'),
        ('depth', torch.zeros(2, 4, 6, dtype=torch.int16), 'float32 or'),
        ('semantic', torch.zeros(2, 4, 6, dtype=torch.uint8), 'int32 or int64'),
    ],
)
def test_a_field_of_another_type_is_named(field, value, expected):
    with pytest.raises(DataError, match=rf'ViewSet\.{field}: expected {expected}'):
        ViewSet(**{'scene_id': 's', 'images': IMAGES, 'names': ['a', 'b'], field: value})


def test_one_name_is_no_list_of_names():
    with pytest.raises(DataError, match=r'ViewSet\.names must be of type list'):
        ViewSet('s', IMAGES, 'ab')
