"""Two images without optimising."""

import pytest
import torch
from pair_scenes import make_maps, make_scene, relative_to_first

from uniseg3d.geometry.depth import depth_to_pointmap
from uniseg3d.geometry.pair_maps import PairMaps
from uniseg3d.geometry.two_view_scene import two_view_scene
from uniseg3d.utils.errors import DataError


def maps_of(scene, sure_first):
    """The pair that begins with image ``sure_first`` is the surer one."""
    maps = make_maps(scene, [(1, 0), (0, 1)])
    factor = torch.where(maps.pairs[:, :1] == sure_first, 2.0, 1.0)
    return PairMaps(maps.sizes, maps.pairs, maps.points, maps.confidence * factor[..., None])


@pytest.mark.parametrize('sure_first', [0, 1])
def test_an_exact_pair(sure_first):
    scene = make_scene([(18, 24), (24, 18)], focal=30.0)
    found = two_view_scene(maps_of(scene, sure_first))
    assert torch.equal(found.poses[sure_first], torch.eye(4)), 'the world is the camera of the surer pair'
    assert (relative_to_first(found.poses) - relative_to_first(scene.poses)).abs().max() < 1e-3
    assert (found.intrinsics - scene.intrinsics).abs().max() < 1e-2
    for image in (0, 1):
        rays = depth_to_pointmap(found.depths[image], found.intrinsics[image], found.poses[image])
        assert torch.equal(found.points[image], rays)
        ratio = found.depths[image] / scene.depths[image]
        assert ratio.std() < 1e-3 * ratio.mean()


def test_one_direction_is_not_enough():
    scene = make_scene([(18, 24), (18, 24)])
    with pytest.raises(DataError, match='both ways'):
        two_view_scene(make_maps(scene, [(0, 1)]))
