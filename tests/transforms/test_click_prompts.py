"""Clicks: the fast rule against all pairs, the random rule against its definition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scene_files import loaded_sample

from uniseg3d.transforms import ClickPrompts, SuperpointAnnotations
from uniseg3d.transforms.click_prompts import (
    central_point,
    distance_to_others,
    first_per_voxel,
    inmost_clicks,
    point_at_distance,
    points_of_instances,
    random_clicks,
)
from uniseg3d.utils.errors import ConfigError


def scattered(seed, count, instances, extent):
    rng = np.random.default_rng(seed)
    xyz = (rng.random((count, 3)) * extent).astype(np.float32)
    nearest = np.square(xyz[:, None] - xyz[rng.integers(0, count, instances + 1)]).sum(-1).argmin(1)
    return xyz, np.unique(nearest, return_inverse=True)[1] - 1  # blobs; the first one belongs to nobody


def inmost_by_all_pairs(xyz, instance, voxel_size):
    seen, keep = set(), []
    for row, point in enumerate(xyz):
        cell = tuple(np.floor(point / voxel_size).astype(int))
        if cell not in seen:
            seen.add(cell)
            keep.append(row)
    xyz, instance = xyz[keep].astype(np.float64), instance[keep]
    clicks = {}
    for k in sorted(set(instance) - {-1}):
        inside, outside = xyz[instance == k], xyz[instance != k]
        pairs = np.linalg.norm(inside[:, None] - outside[None], axis=-1)
        nearest = pairs.min(1) if pairs.size else np.full(len(inside), np.inf)
        clicks[int(k)] = int(np.array(keep)[instance == k][nearest.argmax()])
    return clicks


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 150), st.integers(1, 5), st.sampled_from([0.2, 1.0, 6.0]))
def test_the_tree_finds_the_clicks_of_all_pairs(seed, count, instances, extent):
    xyz, instance = scattered(seed, count, instances, extent)
    points, owners = inmost_clicks(xyz, instance, 0.05)
    expected = inmost_by_all_pairs(xyz, instance, 0.05)
    assert dict(zip(owners.tolist(), points.tolist(), strict=True)) == expected
    assert (np.diff(owners) > 0).all()


def test_the_click_lies_in_the_middle_of_a_disc():
    grid = np.stack(np.meshgrid(np.arange(-1, 1.01, 0.1), np.arange(-1, 1.01, 0.1), [0.0]), axis=-1).reshape(-1, 3)
    instance = np.where(np.linalg.norm(grid, axis=1) < 0.75, 0, -1)
    points, _ = inmost_clicks(grid, instance)
    assert np.linalg.norm(grid[points[0]]) < 0.15


def test_only_the_first_point_of_a_voxel_counts():
    xyz = np.array([[0.01, 0, 0], [0.02, 0, 0], [1, 0, 0], [0.03, 0, 0]])
    assert first_per_voxel(xyz, 0.05).tolist() == [0, 2]
    points, owners = inmost_clicks(xyz, np.array([-1, 0, 1, 0]))
    assert points.tolist() == [2] and owners.tolist() == [1]  # instance 0 owns no first point: no click


def test_negative_coordinates_round_down():
    assert first_per_voxel(np.array([[-0.01, 0, 0], [0.01, 0, 0]]), 0.05).tolist() == [0, 1]


def test_an_object_alone_in_the_world_is_clicked():
    points, owners = inmost_clicks(np.random.default_rng(0).random((20, 3)), np.zeros(20, dtype=int))
    assert points.tolist() == [0] and owners.tolist() == [0]


@pytest.mark.parametrize('gap', [0.1, 0.5, 40.0])
def test_distances_are_exact_near_and_far(gap):
    rng = np.random.default_rng(0)
    inside, outside = rng.random((60, 3)), rng.random((80, 3)) + [1 + gap, 0, 0]
    expected = np.linalg.norm(inside[:, None] - outside[None], axis=-1).min(1)
    cloud = np.concatenate([outside[:30], inside, outside[30:]])
    np.testing.assert_allclose(distance_to_others(cloud, slice(30, 90)), expected, rtol=1e-12)


def test_points_of_instances_keep_the_order_of_the_file():
    members = points_of_instances(np.array([1, -1, 0, 1, 3]))
    assert [m.tolist() for m in members] == [[2], [0, 3], [], [4]]


def test_a_random_click_is_the_point_nearest_to_the_mean_of_its_instance():
    xyz, instance = scattered(5, 300, 4, 3.0)
    points, owners = random_clicks(xyz, instance, np.random.default_rng(0))
    assert sorted(owners) == list(range(instance.max() + 1))
    for point, owner in zip(points, owners, strict=True):
        members = np.flatnonzero(instance == owner)
        nearest = np.linalg.norm(xyz[members] - xyz[members].mean(0), axis=1).argmin()
        assert point == members[nearest]


def test_instances_come_in_random_order():
    xyz, instance = scattered(5, 300, 5, 3.0)
    orders = {tuple(random_clicks(xyz, instance, np.random.default_rng(seed))[1]) for seed in range(12)}
    assert len(orders) > 6


def test_large_instances_are_judged_by_a_sample():
    xyz = np.random.default_rng(0).normal(size=(5000, 3))
    chosen = {central_point(xyz, np.random.default_rng(seed)) for seed in range(8)}
    assert len(chosen) > 1  # all of the points would give one answer
    assert np.linalg.norm(xyz[sorted(chosen)], axis=1).max() < 0.6


@pytest.mark.parametrize('rule', ClickPrompts.RULES)
def test_a_scene_without_instances_has_no_clicks(rule):
    sample = SuperpointAnnotations()(loaded_sample(instance_ids=np.zeros(400, dtype=np.int64)))
    sample = ClickPrompts(rule)(sample)
    assert sample['click_points'].shape == sample['click_instance'].shape == (0,)
    assert sample['click_points'].dtype == np.int64


def test_scenes_without_labels_pass():
    assert 'click_points' not in ClickPrompts('inmost')(loaded_sample(semantic=None))


def test_an_unknown_rule_is_a_config_error():
    with pytest.raises(ConfigError, match='agile'):
        ClickPrompts('agile')


def line_of_points():
    """Points on a ray from -3 to 2.5 metres about their mean; the first and the last do not belong to the instance."""
    xyz = np.zeros((10, 3), dtype=np.float32)
    xyz[1:-1, 0] = [-3, -2, -1, 0, 0.5, 1, 2, 2.5]
    return xyz, np.array([-1, *[0] * 8, -1])


@pytest.mark.parametrize(('distance', 'expected'), [(0.0, 4), (0.3, 3), (0.8, 8), (1.0, 1)])
def test_a_click_lies_at_a_fraction_of_the_largest_distance_to_the_centre(distance, expected):
    xyz, instance = line_of_points()
    sample = ClickPrompts('at_distance', distance=distance)({'xyz': xyz, 'instance': instance, 'rng': None})
    assert sample['click_points'].tolist() == [expected] and sample['click_instance'].tolist() == [0]


def test_clicks_at_growing_distance_move_outwards():
    xyz, instance = scattered(3, 400, 1, 2.0)
    inside = xyz[instance == 0].astype(np.float64)
    largest = np.linalg.norm(inside - inside.mean(0), axis=1).max()
    for distance in np.arange(0.1, 1.01, 0.1):
        row = point_at_distance(inside, distance)
        assert np.linalg.norm(inside[row] - inside.mean(0)) / largest == pytest.approx(distance, abs=0.15)


def test_an_object_of_one_point_is_clicked_there_at_any_distance():
    assert point_at_distance(np.ones((1, 3)), 0.5) == 0


def test_clicks_anywhere_reach_all_points_of_their_instance():
    instance = np.array([0, 2, 0, -1, 2, 0])  # instance 1 has no points and gets no click
    rng, seen = np.random.default_rng(0), set()
    for _ in range(60):
        sample = ClickPrompts('anywhere')({'xyz': np.zeros((6, 3)), 'instance': instance, 'rng': rng})
        assert sample['click_instance'].tolist() == [0, 2]
        seen.add(tuple(sample['click_points'].tolist()))
    assert seen == {(a, b) for a in (0, 2, 5) for b in (1, 4)}


@pytest.mark.parametrize('distance', [-0.1, 1.5])
def test_a_distance_outside_the_object_is_a_config_error(distance):
    with pytest.raises(ConfigError, match='between 0'):
        ClickPrompts('at_distance', distance=distance)
