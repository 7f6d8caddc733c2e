import math

import pytest
import torch
from numpy.polynomial.legendre import leggauss

from uniseg3d.ops.rasterize import harmonics_basis, harmonics_degree, seen_colors
from uniseg3d.utils.errors import DataError


def sphere(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Directions of a product rule on the sphere, exact for products of two bands, and their weights."""
    nodes, weights = map(torch.from_numpy, leggauss(count))
    angle = torch.arange(2 * count, dtype=torch.float64) * math.pi / count
    ring = (1 - nodes**2).sqrt()[:, None]
    points = torch.stack([ring * angle.cos(), ring * angle.sin(), nodes[:, None].expand(-1, 2 * count)], -1)
    return points.flatten(0, 1), (weights[:, None] * math.pi / count).expand(-1, 2 * count).flatten()


def test_all_bands_are_orthonormal() -> None:
    directions, weights = sphere(8)
    basis = harmonics_basis(directions, 4)
    torch.testing.assert_close((basis * weights[:, None]).mT @ basis, torch.eye(25, dtype=torch.float64))


def test_signs_of_the_first_band() -> None:
    basis = harmonics_basis(torch.eye(3), 1)
    expected = 0.4886025 * torch.tensor([[0.0, 0, -1], [-1, 0, 0], [0, 1, 0]])
    torch.testing.assert_close(basis[:, 1:], expected, atol=1e-6, rtol=0)


def test_a_degree_is_known_by_its_number_of_coefficients() -> None:
    assert [harmonics_degree((d + 1) ** 2) for d in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(DataError, match='7 harmonic coefficients'):
        harmonics_degree(7)


def test_colors_do_not_go_below_black_and_leave_out_high_bands() -> None:
    harmonics = torch.zeros(2, 3, 25)
    harmonics[0, :, 0], harmonics[1, :, 16:] = -10, 5
    colors = seen_colors(torch.tensor([[0.0, 0, 1], [1, 0, 1]]), harmonics, torch.zeros(2, 3))
    assert torch.equal(colors, torch.tensor([[0.0] * 3, [0.5] * 3]).expand(2, 2, 3))


def test_a_color_depends_on_where_it_is_seen_from() -> None:
    harmonics = torch.zeros(1, 3, 4)
    harmonics[0, 0, 2] = 1  # brighter from below the z axis
    colors = seen_colors(torch.zeros(1, 3), harmonics, torch.tensor([[0.0, 0, -1], [0, 0, 1]]))
    assert colors[0, 0, 0] > 0.9 and colors[1, 0, 0] < 0.1
