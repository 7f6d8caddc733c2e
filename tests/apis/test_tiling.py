"""Sharing out superpoints among tiles, and joining what tiles say."""

import numpy as np
import torch

from uniseg3d.apis.merging import Merger
from uniseg3d.apis.tiling import Tile, cut_superpoints, plan_tiles
from uniseg3d.structures import MaskSet, PanopticMap


def scene(seed=0, width=20.0, count=4000):
    """Points over a floor of ``width`` x 6 m: cells of half a metre are superpoints, a quarter of the points one long one."""
    rng = np.random.default_rng(seed)
    xyz = rng.random((count, 3)).astype(np.float32) * [width, 6, 2]
    cells = np.floor(xyz[:, :2] / 0.5).astype(int) @ [100, 1]
    cells[: count // 4] = -1
    return xyz, np.unique(cells, return_inverse=True)[1]


def test_wide_superpoints_are_cut_where_tiles_meet_and_small_ones_never():
    xyz, ids = scene()
    cut = cut_superpoints(xyz, ids, size=5, margin=1)
    pairs = np.unique(np.stack([ids, cut], 1), axis=0)
    assert len(np.unique(cut)) == cut.max() + 1 == len(pairs)  # a refinement, without gaps
    pieces = np.bincount(pairs[:, 0])
    assert pieces[0] == 8 and (pieces[1:] == 1).all()  # 4 x 2 blocks


def test_every_superpoint_has_one_home_and_surroundings_reach_as_far_as_told():
    xyz, ids = scene()
    ids = cut_superpoints(xyz, ids, 5, 1)
    tiles = plan_tiles(xyz, ids, 5, 1)
    homes = np.concatenate([tile.superpoints[tile.home] for tile in tiles])
    assert sorted(homes) == list(range(ids.max() + 1)) and len(tiles) == 8
    centres = np.stack([np.bincount(ids, xyz[:, axis]) / np.bincount(ids) for axis in range(2)], 1)
    for tile in tiles:
        mine, around = centres[tile.superpoints[tile.home]], centres[tile.superpoints]
        assert (around >= mine.min(0) - 2.5).all() and (around <= mine.max(0) + 2.5).all()
        near = ((centres >= mine.min(0) - 0.4) & (centres <= mine.max(0) + 0.4)).all(1)
        assert set(np.flatnonzero(near)) <= set(tile.superpoints)


def test_storeys_are_tiles_of_their_own_and_see_nothing_of_each_other():
    rng = np.random.default_rng(0)
    level, kind = np.arange(9000) // 3000, np.arange(9000) % 3
    xyz = rng.random((9000, 3)) * [5, 5, 2.6]
    xyz[kind > 0, 2] = 0  # two thirds are floor
    xyz[:, 2] += level * 3.0
    stairs = (xyz[:, 0] < 0.5) & (kind == 0)  # one superpoint through all storeys
    ids = np.unique(np.where(stairs, -1, level * 100 + np.floor(xyz[:, 0]).astype(int)), return_inverse=True)[1]
    ids = cut_superpoints(xyz, ids, 8, 2)
    tiles = plan_tiles(xyz, ids, 8, 2)
    assert len(tiles) == 3 and all(tile.home.all() for tile in tiles)
    for storey, tile in enumerate(tiles):
        assert set(level[np.isin(ids, tile.superpoints)]) == {storey}


def test_one_tile_holds_everything_and_a_single_point_is_a_scene():
    for xyz, ids in (scene(), (np.zeros((1, 3), np.float32), np.zeros(1, np.int64))):
        (tile,) = plan_tiles(xyz, ids, 100, 1)
        assert tile.home.all() and len(tile.superpoints) == ids.max() + 1


# ten superpoints in a row; the tiles see 0..6 and 3..9, and own 0..4 and 5..9
LEFT = Tile(np.arange(7), np.arange(7) < 5)
RIGHT = Tile(np.arange(3, 10), np.arange(3, 10) >= 5)


def merger():
    return Merger([LEFT, RIGHT], np.full(10, 20))


def masks(tile, rows, scores, labels):
    """``rows``: superpoints of the scene that each mask covers."""
    covered = torch.tensor([[int(s) in row for s in tile.superpoints] for row in rows], dtype=torch.bool)
    return MaskSet(
        covered.reshape(len(rows), len(tile.superpoints)), torch.tensor(scores), torch.tensor(labels, dtype=torch.long)
    )


def found(result):
    return [
        (set(np.flatnonzero(mask).tolist()), label)
        for mask, label in zip(result.masks.numpy(), result.labels.tolist(), strict=True)
    ]


def test_values_come_from_home():
    result = merger().values([torch.full((7,), 1), torch.full((7,), 2)])
    assert result.tolist() == [1] * 5 + [2] * 5


def test_an_object_over_the_border_becomes_one_and_keeps_its_best_score():
    left = masks(LEFT, [{0, 1}, {3, 4, 5}], [0.9, 0.8], [1, 2])
    right = masks(RIGHT, [{3, 4, 5, 6}, {8}], [0.95, 0.5], [2, 1])
    result = merger().masks([left, right])
    assert found(result) == [({3, 4, 5, 6}, 2), ({0, 1}, 1), ({8}, 1)]
    assert result.scores.tolist() == torch.tensor([0.95, 0.9, 0.5]).tolist()


def test_other_labels_are_other_objects_and_strangers_in_the_margin_are_dropped():
    left = masks(LEFT, [{3, 4}, {5, 6}], [0.9, 0.7], [1, 3])  # the second is the right tile's to find
    right = masks(RIGHT, [{3, 4}], [0.8], [2])
    assert found(merger().masks([left, right])) == [({3, 4}, 1)]


def test_tiles_may_find_nothing():
    none = [masks(tile, [], [], []) for tile in (LEFT, RIGHT)]
    assert len(merger().masks(none)) == 0
    some = masks(RIGHT, [{9}], [0.4], [0])
    assert found(merger().masks([none[0], some])) == [({9}, 0)]


def test_an_object_through_three_tiles_is_one():
    tiles = [
        Tile(np.arange(0, 6), np.arange(0, 6) < 4),
        Tile(np.arange(2, 10), (np.arange(2, 10) > 3) & (np.arange(2, 10) < 8)),
    ]
    tiles.append(Tile(np.arange(6, 12), np.arange(6, 12) > 7))
    whole = set(range(1, 11))
    parts = [masks(tile, [whole], [0.5], [4]) for tile in tiles]
    assert found(Merger(tiles, np.ones(12)).masks(parts)) == [(whole, 4)]


def test_panoptic_maps_join_segments_and_stay_disjoint():
    left = PanopticMap(torch.tensor([1, 1, 0, 5, 5, 5, 0]), torch.tensor([1, 1, 0, 2, 2, 2, 0]))
    right = PanopticMap(torch.tensor([5, 5, 5, 0, 7, 7, 1]), torch.tensor([4, 4, 4, 0, 3, 3, 1]))
    result = merger().panoptic([left, right], num_stuff=2)
    assert result.semantic.tolist() == [1, 1, 0, 5, 5, 5, 0, 7, 7, 1]
    segments = result.segment.tolist()
    assert segments[:3] == [1, 1, 0] and segments[6] == 0 and segments[9] == 1
    assert len(set(segments[3:6])) == 1 and len(set(segments[7:9])) == 1 and {segments[3], segments[7]} == {2, 3}


def test_prompts_return_in_their_order_over_the_whole_scene():
    left, right = masks(LEFT, [{0}, {1, 2}], [0.1, 0.2], [3, 4]), masks(RIGHT, [{9}], [0.3], [5])
    result = merger().prompts([(0, np.array([0, 2]), left), (1, np.array([1]), right)])
    assert found(result) == [({0}, 3), ({9}, 5), ({1, 2}, 4)]
    assert result.class_probabilities is None
