import pytest
import torch

from uniseg3d.structures.pointmaps import Pointmaps
from uniseg3d.utils.errors import DataError

WORLD, CONFIDENCE = torch.zeros(2, 3, 4, 6, 3), torch.ones(2, 3, 4, 6)


def test_points_and_confidence_are_enough():
    assert len(Pointmaps(WORLD, CONFIDENCE)) == 2


@pytest.mark.parametrize(
    ('field', 'value'),
    [
        ('confidence', CONFIDENCE[:, :2]),
        ('local', WORLD[..., :2]),
        ('local_confidence', CONFIDENCE[:1]),
        ('poses', torch.zeros(2, 3, 6)),
    ],
)
def test_a_field_of_another_size_is_named(field, value):
    with pytest.raises(DataError, match=rf'Pointmaps\.{field}: expected shape'):
        Pointmaps(**({'world': WORLD, 'confidence': CONFIDENCE} | {field: value}))


def test_it_moves_with_everything():
    moved = Pointmaps(WORLD, CONFIDENCE, local=WORLD).to('meta')
    assert moved.world.is_meta and moved.local.is_meta and moved.poses is None


def test_sequences_can_be_taken_apart():
    parts = list(Pointmaps(WORLD + torch.arange(2.0)[:, None, None, None, None], CONFIDENCE))
    assert [len(part) for part in parts] == [1, 1] and parts[1].world.mean() == 1 and parts[0].poses is None
    assert Pointmaps(WORLD, CONFIDENCE)[-1].world.shape == (1, 3, 4, 6, 3)
