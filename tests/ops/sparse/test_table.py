"""Pairs of a neighbour table, by offset and by output row, whole and in blocks."""

import pytest
import torch
from dense_reference import random_level

from uniseg3d.ops.sparse import Level, NeighbourTable, centred_window, strided_window


def some_table() -> NeighbourTable:
    return random_level(7, (9, 8, 7), 2, 0.4).neighbours(centred_window(3))


def test_pairs_are_what_the_table_holds() -> None:
    table = some_table()
    again = torch.full_like(table.rows, -1)
    for k, (source, target) in enumerate(table.pairs):
        again[k, target] = source
        assert bool((target[1:] > target[:-1]).all())
    assert torch.equal(again, table.rows)


def test_blocks_cover_all_rows_once() -> None:
    table = some_table()
    blocks = table.blocks(50)
    assert [(block.start, block.stop) for block in blocks[:2]] == [(0, 50), (50, 100)]
    assert blocks[-1].stop == table.target_count and table.blocks(50) is blocks
    for k, whole in enumerate(table.pairs):
        assert torch.equal(torch.cat([block.pairs[k].source for block in blocks]), whole.source)
        assert torch.equal(torch.cat([block.pairs[k].target + block.start for block in blocks]), whole.target)
    assert sum(map(len, blocks)) == int((table.rows >= 0).sum())


def test_pairs_sorted_by_output_row_keep_the_order_of_offsets() -> None:
    for block in some_table().blocks(64):
        number, first = block.by_target
        target = torch.cat([pairs.target for pairs in block.pairs])
        assert torch.equal(number.long(), target.argsort(stable=True))
        assert torch.equal(first.long(), torch.searchsorted(target.sort().values, torch.arange(block.stop - block.start)))


def test_a_walk_goes_from_neighbour_to_neighbour() -> None:
    """Rows in random order are walked along the Z-order curve; those in a good order, and small levels, as they lie."""
    level = random_level(3, (24, 24, 24), 2, 0.5)
    table = level.neighbours(centred_window(3))
    rows, order = table.walk
    assert order is not None and order.tolist() == level.morton_order().tolist()
    assert torch.equal(rows, table.rows[:, order.long()]) and table.walk is table.walk
    ordered = Level(level.coords[level.morton_order()], level.spatial_shape, 2)
    for near in (ordered.neighbours(centred_window(3)), some_table(), level.strided(strided_window(2, 2)).down):
        assert near.walk.rows is near.rows and near.walk.order is None


def test_rows_that_nothing_meets() -> None:
    table = NeighbourTable(torch.tensor([[-1, 2, -1], [-1, 0, -1]], dtype=torch.int32), source_count=3)
    (block,) = table.blocks(10)
    assert block.counts == [1, 1] and block.by_target[1].tolist() == [0, 0, 2]
    empty = NeighbourTable(torch.full((2, 3), -1, dtype=torch.int32), source_count=3)
    assert [len(pairs.source) for pairs in empty.pairs] == [0, 0] and empty.identity is None


def tables_of_every_kind() -> dict[str, NeighbourTable]:
    level = random_level(5, (7, 6, 5), 2, 0.4)
    windows = {'tiles': strided_window(2, 2), 'overlapping': strided_window((3, 2, 3), (2, 1, 2), 1, (1, 2, 1))}
    made = {'cube': level.neighbours(centred_window((3, 1, 5), 2))}
    for name, window in windows.items():
        for kind, map_ in (('strided', level.strided(window)), ('transposed', level.transposed(window))):
            made |= {
                f'{name} {kind} down': map_.down,
                f'{name} {kind} up': map_.up,
                f'{name} {kind} back': map_.down.transpose(),
            }
    return made


@pytest.mark.parametrize('kind', tables_of_every_kind())
def test_a_table_is_what_its_geometry_says(kind: str) -> None:
    """Looking cells up by offset gives the table again, entry by entry."""
    table = tables_of_every_kind()[kind]
    where = {tuple(cell): row for row, cell in enumerate(table.geometry.source.tolist())}
    expected = [
        [where.get((scene, x + dx, y + dy, z + dz), -1) for scene, x, y, z in table.geometry.target.tolist()]
        for dx, dy, dz in table.geometry.offsets
    ]
    assert table.rows.tolist() == expected
