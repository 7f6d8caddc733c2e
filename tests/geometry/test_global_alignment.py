"""Scenes put together from pairs: exact where the pairs are, better than the start where they are not."""

import pytest
import torch
from pair_scenes import make_maps, make_scene, relative_to_first

from uniseg3d.geometry.alignment_start import camera_similarity, spanning_pairs
from uniseg3d.geometry.global_alignment import AlignmentOptions, align_pairs
from uniseg3d.geometry.pair_graph import image_pairs
from uniseg3d.geometry.pair_maps import PairMaps
from uniseg3d.geometry.se3 import Similarity
from uniseg3d.utils.errors import ConfigError, DataError

SIZES = [(18, 24), (24, 18), (18, 24), (18, 24)]
START = AlignmentOptions(iterations=0)
NAN = float('nan')


@pytest.fixture(scope='module')
def scene():
    return make_scene(SIZES, focal=30.0)


def assert_same_scene(found, scene, tolerance):
    assert (relative_to_first(found.poses) - relative_to_first(scene.poses)).abs().max() < tolerance
    assert ((found.intrinsics - scene.intrinsics).abs().max() / 30) < tolerance
    unit = (scene.depths[0] / found.depths[0]).median()
    for ours, theirs in zip(found.depths, scene.depths, strict=True):
        assert ours.shape == theirs.shape and (unit * ours / theirs - 1).abs().max() < tolerance


@pytest.mark.parametrize('graph', ['complete', 'swin-1-noncyclic', 'oneref-2'])
def test_the_start_is_exact_where_pairs_are(scene, graph):
    found = align_pairs(make_maps(scene, image_pairs(4, graph)), options=START)
    assert found.loss < 1e-4
    assert_same_scene(found, scene, 1e-3)


def test_pairs_of_one_direction_leave_focal_lengths_open(scene):
    pairs = [(0, 1), (0, 2), (0, 3)]
    with pytest.raises(DataError, match='first of no pair'):
        align_pairs(make_maps(scene, pairs), options=START)
    found = align_pairs(make_maps(scene, pairs), known_intrinsics=scene.intrinsics, options=START)
    assert_same_scene(found, scene, 1e-3)


def test_optimising_improves(scene):
    maps = make_maps(scene, image_pairs(4), noise=0.03)
    before, after = (align_pairs(maps, options=AlignmentOptions(iterations=n)) for n in (0, 40))
    assert after.loss < 0.95 * before.loss
    assert_same_scene(after._replace(depths=scene.depths), scene, 0.08)


@pytest.mark.parametrize('intrinsics', [True, False])
def test_known_cameras_set_the_scale(scene, intrinsics):
    maps = make_maps(scene, image_pairs(4), noise=0.002)
    found = align_pairs(maps, scene.poses, scene.intrinsics if intrinsics else None, AlignmentOptions(iterations=10))
    assert torch.equal(found.poses, scene.poses)
    assert not intrinsics or torch.equal(found.intrinsics, scene.intrinsics)
    for ours, theirs in zip(found.depths, scene.depths, strict=True):
        assert 0.97 < (ours / theirs).median() < 1.03


@pytest.mark.parametrize('count', [1, 2])
def test_some_known_cameras(scene, count):
    poses = scene.poses.clone()
    poses[count:] = NAN
    found = align_pairs(make_maps(scene, image_pairs(4)), poses, options=START)
    assert torch.equal(found.poses[:count], scene.poses[:count])
    if count == 2:  # one camera alone tells no scale
        assert (found.poses - scene.poses).abs().max() < 1e-3
        assert (found.points[3] - scene.points[3]).abs().max() < 5e-3
    else:
        assert_same_scene(found, scene, 1e-3)


@pytest.mark.parametrize('schedule', ['cosine', 'linear'])
def test_the_rate_falls_to_almost_nothing(schedule):
    options = AlignmentOptions(iterations=100, schedule=schedule)
    rates = [options.rate_at(i) for i in (0, 25, 50, 100)]
    assert rates[0] == 0.01 and rates[2] == pytest.approx(0.005, rel=1e-3) and rates[3] == pytest.approx(1e-6)
    assert rates[1] == pytest.approx(0.00853553 if schedule == 'cosine' else 0.0075, rel=1e-3)


@pytest.mark.parametrize('learned', ['learn_centres', 'learn_adaptors'])
def test_more_may_be_learned(scene, learned):
    maps = make_maps(scene, image_pairs(4), noise=0.03)
    plain, more = (align_pairs(maps, options=AlignmentOptions(iterations=5, **extra)) for extra in ({}, {learned: True}))
    assert more.loss != plain.loss
    if learned == 'learn_centres':
        assert not torch.equal(more.intrinsics[:, :2, 2], plain.intrinsics[:, :2, 2])


def test_the_surest_pairs_are_joined_first():
    ones = [torch.ones(2, 2, 3), torch.ones(2, 2)]
    pairs = [(0, 1), (1, 0), (1, 2), (0, 2), (2, 3)]
    sure = [2.0, 5.0, 3.0, 4.0, 1.5]
    maps = PairMaps.of([(2, 2)] * 4, pairs, [(ones[0], ones[0])] * 5, [(ones[1] * s, ones[1]) for s in sure])
    assert spanning_pairs(maps) == [1, 3, 4]  # the better direction of 0 and 1, then 0 to 2, and the only way to 3


def test_groups_that_do_not_meet_are_an_error(scene):
    with pytest.raises(DataError, match='several groups'):
        align_pairs(make_maps(scene, [(0, 1), (1, 0), (2, 3), (3, 2)]), options=START)


def test_cameras_carry_cameras(scene):
    move = Similarity(torch.tensor(2.5), scene.poses[1, :3, :3], torch.tensor([1.0, -2, 3]))
    target = move.apply_to_poses(scene.poses)
    for ours, theirs in zip(camera_similarity(scene.poses, target), move, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-4)
    one = camera_similarity(scene.poses[:1], target[:1])
    assert one.scale == 1
    torch.testing.assert_close(one.apply_to_poses(scene.poses[:1]), target[:1])


def test_options_are_checked():
    for wrong in ({'schedule': 'step'}, {'iterations': -1}):
        with pytest.raises(ConfigError, match='schedule'):
            AlignmentOptions(**wrong)
