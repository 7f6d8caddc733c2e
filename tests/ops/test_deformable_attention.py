"""Deformable attention against literal loops, forward and backward."""

import math

import pytest
import torch

from uniseg3d.ops.deformable_attention import cell_centres, deformable_attention
from uniseg3d.utils.errors import DataError

SHAPES = [(3, 5), (2, 4), (1, 2)]
BATCH, QUERIES, HEADS, POINTS, WIDTH = 2, 4, 3, 2, 5


def literal(value, shapes, locations, weights):
    """What the formula says, number by number."""
    batch, queries, heads, levels, points, _ = locations.shape
    result = value.new_zeros(batch, queries, heads, value.shape[3])
    starts = [sum(r * c for r, c in shapes[:level]) for level in range(levels)]
    for b in range(batch):
        for q in range(queries):
            for h in range(heads):
                for level in range(levels):
                    for p in range(points):
                        cells = value[b, starts[level] :, h]
                        found = bilinear(cells, shapes[level], locations[b, q, h, level, p])
                        result[b, q, h] = result[b, q, h] + weights[b, q, h, level, p] * found
    return result.flatten(2)


def bilinear(cells, shape, location):
    rows, columns = shape
    x, y = location[0] * columns - 0.5, location[1] * rows - 0.5
    left, top = math.floor(x.item()), math.floor(y.item())
    total = cells.new_zeros(cells.shape[1])
    for row, share_y in ((top, top + 1 - y), (top + 1, y - top)):
        for column, share_x in ((left, left + 1 - x), (left + 1, x - left)):
            if 0 <= row < rows and 0 <= column < columns:
                total = total + share_x * share_y * cells[row * columns + column]
    return total


def make_inputs(spread=1.4):
    """Locations also beyond the edges."""
    generator = torch.Generator().manual_seed(0)
    cells = sum(r * c for r, c in SHAPES)
    value = torch.randn(BATCH, cells, HEADS, WIDTH, generator=generator, dtype=torch.float64)
    sizes = (BATCH, QUERIES, HEADS, len(SHAPES), POINTS)
    locations = torch.rand(*sizes, 2, generator=generator, dtype=torch.float64) * spread - (spread - 1) / 2
    weights = torch.rand(*sizes, generator=generator, dtype=torch.float64)
    return [tensor.requires_grad_() for tensor in (value, locations, weights)]


def test_equals_the_literal_formula_with_its_gradients():
    value, locations, weights = make_inputs()
    ours, twin = deformable_attention(value, SHAPES, locations, weights), literal(value, SHAPES, locations, weights)
    torch.testing.assert_close(ours, twin)
    direction = torch.randn(twin.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    expected = torch.autograd.grad((twin * direction).sum(), (value, locations, weights))
    torch.testing.assert_close(torch.autograd.grad((ours * direction).sum(), (value, locations, weights)), expected)


def test_no_query_is_normal():
    value, locations, weights = make_inputs()
    assert deformable_attention(value, SHAPES, locations[:, :0], weights[:, :0]).shape == (BATCH, 0, HEADS * WIDTH)


def test_half_precision_of_the_values_decides():
    value, locations, weights = make_inputs(1.0)
    half = deformable_attention(value.bfloat16(), SHAPES, locations.float(), weights.float())
    assert half.dtype == torch.bfloat16
    torch.testing.assert_close(half.double(), literal(value, SHAPES, locations, weights), atol=0.2, rtol=0.1)


def test_cell_centres_lie_in_raster_order():
    centres = cell_centres([(2, 3), (1, 1)])
    assert centres.shape == (7, 2)
    torch.testing.assert_close(centres[[0, 1, 3, 6]], torch.tensor([[1 / 6, 0.25], [0.5, 0.25], [1 / 6, 0.75], [0.5, 0.5]]))


def test_a_query_at_a_cell_centre_reads_that_cell():
    value = make_inputs()[0].detach()
    where = cell_centres([SHAPES[0]]).double()[None, :, None, None, None].expand(BATCH, -1, HEADS, 1, 1, 2)
    read = deformable_attention(value[:, :15], SHAPES[:1], where, torch.ones_like(where[..., 0]))
    torch.testing.assert_close(read, value[:, :15].flatten(2), atol=1e-5, rtol=1e-5)  # the centres are float32


@pytest.mark.parametrize('shapes', [[(3, 5), (2, 4)], [(3, 5), (2, 4), (1, 3)]])
def test_maps_that_do_not_fit_are_named(shapes):
    value, locations, weights = make_inputs()
    with pytest.raises(DataError, match=r'over maps \[\(3, 5\)'):
        deformable_attention(value, shapes, locations, weights)
