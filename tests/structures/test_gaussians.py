import pytest
import torch

from uniseg3d.structures import Gaussians
from uniseg3d.utils.errors import DataError


def made(count: int = 4, **fields) -> Gaussians:
    generator = torch.Generator().manual_seed(0)
    shapes = {'means': (3,), 'scales': (3,), 'quaternions': (4,), 'opacities': (), 'harmonics': (3, 4)}
    parts = {name: torch.rand(count, *shape, generator=generator) + 0.1 for name, shape in shapes.items()}
    return Gaussians(**(parts | fields))


@pytest.mark.parametrize(
    ('field', 'shape'),
    [('means', (4, 2)), ('scales', (3, 3)), ('quaternions', (4, 3)), ('opacities', (4, 1)), ('harmonics', (4, 4, 3))],
)
def test_a_field_of_another_size_is_named(field, shape):
    with pytest.raises(DataError, match=rf'Gaussians\.{field}: expected shape'):
        made(**{field: torch.zeros(shape)})


def test_labels_have_one_entry_each():
    with pytest.raises(DataError, match=r'scene hall: Gaussians\.semantic: expected shape \(4\)'):
        made(semantic=torch.zeros(3, dtype=torch.long), scene_id='hall')


def test_masks_and_their_classes_come_together():
    with pytest.raises(DataError, match='come together'):
        made(masks=torch.zeros(4, 2))
    with pytest.raises(DataError, match=r'mask_classes: expected shape \(2, any\)'):
        made(masks=torch.zeros(4, 2), mask_classes=torch.zeros(3, 21))


def test_covariances_turn_the_axes():
    half = 0.5**0.5  # a quarter turn about z
    gaussians = made(1, scales=torch.tensor([[1.0, 2, 3]]), quaternions=3 * torch.tensor([[half, 0, 0, half]]))
    torch.testing.assert_close(gaussians.covariances[0], torch.diag(torch.tensor([4.0, 1, 9])))


def test_a_choice_keeps_everything_but_the_classes_of_the_queries():
    gaussians = made(masks=torch.rand(4, 2), mask_classes=torch.rand(2, 5), semantic=torch.arange(4))
    chosen = gaussians.select(torch.tensor([False, True, False, True]))
    assert len(chosen) == 2 and chosen.semantic.tolist() == [1, 3]
    assert torch.equal(chosen.mask_classes, gaussians.mask_classes) and torch.equal(chosen.masks, gaussians.masks[[1, 3]])
    assert len(gaussians) == 4


def test_recentred_gaussians_lie_about_the_origin():
    moved = made(101, means=torch.rand(101, 3) * 7 + 20).recentred()
    assert torch.equal(moved.means.median(0).values, torch.zeros(3))
    assert 0.9 < float((moved.means.abs() <= 1).float().mean()) < 1
    assert len(made(0).recentred()) == 0


def test_values_that_are_not_finite_are_counted():
    harmonics = torch.zeros(4, 3, 4)
    harmonics[2, 1, 1] = torch.nan
    with pytest.raises(DataError, match=r'Gaussians\.harmonics: 1 of 4 rows'):
        made(harmonics=harmonics).require_finite()
    opacities = torch.tensor([0.1, torch.inf, 0, torch.nan])
    with pytest.raises(DataError, match=r'Gaussians\.opacities: 2 of 4 rows'):
        made(opacities=opacities).require_finite()
    made(0).require_finite()
