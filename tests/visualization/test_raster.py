"""Pictures of clouds: the nearest point wins, surfaces close, light and edges only darken."""

import numpy as np
import pytest
from model_samples import room_cloud

from uniseg3d.visualization.camera import looking_down
from uniseg3d.visualization.canvas import SceneCanvas
from uniseg3d.visualization.raster import BACKGROUND, rasterize, splat
from uniseg3d.visualization.surfels import Surfels, make_surfels

RED, BLUE = (200, 0, 0), (0, 0, 200)


def splat_by_loop(pixel, depth, radius, camera, slope):
    """Index of the nearest disc at every pixel, one pixel at a time."""
    width, height = camera.size
    size = np.clip(radius * camera.focal / depth, 0.5, 14)
    winner = np.full((height, width), -1)
    for v in range(height):
        for u in range(width):
            offset = [u, v] - pixel
            rise = (offset * slope).sum(1)
            share = ((offset**2).sum(1) + rise**2) / size**2
            bulged = np.where(share <= 1, depth + radius * (rise / size + share), np.inf).astype(np.float32)
            if np.isfinite(bulged.min()):
                winner[v, u] = bulged.argmin()
    return winner


@pytest.mark.parametrize('steepness', [0.0, 1.5])
def test_splats_equal_the_loop_over_pixels(steepness):
    rng = np.random.default_rng(0)
    xyz = rng.random((60, 3))
    camera = looking_down(xyz, 0.4, size=(40, 30))
    pixel, depth = camera.project(xyz)
    pixel, radius = np.floor(pixel).astype(int), rng.uniform(0.005, 0.1, 60)
    slope = steepness * rng.normal(size=(60, 2))
    nearest = splat(pixel, depth, radius, camera, slope)
    got = np.where(nearest == np.iinfo(np.int64).max, -1, nearest & 0xFFFFFFFF)
    np.testing.assert_array_equal(got, splat_by_loop(pixel, depth, radius, camera, slope))


def test_a_disc_seen_from_the_side_is_narrow():
    normal = np.array([[0.0, 0, 1], [1.0, 0, 0]])
    surfels = Surfels(np.zeros((2, 3)), np.ones(2), normal)
    flat, upright = surfels.slope(looking_down(np.eye(3), azimuth=np.pi / 2, pitch=np.radians(60)))
    np.testing.assert_allclose(flat, [0, -np.tan(np.radians(30))], atol=1e-9)  # the floor comes nearer downwards
    assert abs(upright[0]) > 3 and abs(upright[1]) < 1e-9  # edge-on: depth changes fast to the side


def plane(height, half, step=0.02):
    axis = np.arange(-half, half + 1e-9, step)
    x, y = np.meshgrid(axis, axis)
    return np.c_[x.ravel(), y.ravel(), np.full(x.size, height)]


def test_what_lies_above_hides_what_lies_below():
    low, high = plane(0.0, 1.0), plane(0.5, 0.4)
    xyz = np.concatenate([low, high])
    colors = np.repeat([RED, BLUE], [len(low), len(high)], axis=0).astype(np.uint8)
    camera = looking_down(xyz, 0.0, pitch=np.radians(89.9), size=(200, 200))
    picture = rasterize(make_surfels(xyz), camera).paint(colors)
    assert picture.shape == (200, 200, 3)
    center, corner = picture[100, 100], picture[15, 15]
    assert center[2] > 100 and center[0] == 0  # blue, and closed: nothing of the red shines through
    assert corner[0] > 100 and corner[2] == 0
    assert picture[0, 0].tolist() == list(BACKGROUND)


def test_a_sampled_surface_is_closed():
    xyz = plane(0.0, 1.0, step=0.03) + np.random.default_rng(0).normal(0, 0.004, (67 * 67, 3))
    raster = rasterize(make_surfels(xyz), looking_down(xyz, 0.0, pitch=np.radians(80)))
    inner = raster.point[300:900, 500:1100]
    assert (inner >= 0).all()


def test_normals_light_the_faces_of_a_box_differently():
    xyz, _, label, _, _ = room_cloud(seed=1, boxes=1, density=3000)
    surfels = make_surfels(xyz[label == 4].astype(float))
    top = np.abs(surfels.normal[:, 2]) > 0.9
    camera = looking_down(surfels.xyz, 0.5)
    light = surfels.light(camera)
    assert 0.1 < top.mean() < 0.5
    assert light[top].mean() > light[~top].mean() + 0.1
    assert light.min() > 0.5 and light.max() <= 1


def test_lone_points_are_drawn_without_light():
    surfels = make_surfels(np.array([[0.0, 0, 0], [1.0, 0, 0]]))
    assert (surfels.light(looking_down(surfels.xyz, 0.0)) == 1).all()
    assert isinstance(surfels[np.array([0])], Surfels)


@pytest.mark.parametrize('count', [1, 3, 30])
def test_small_clouds_give_a_picture(count):
    xyz = np.random.default_rng(count).random((count, 3))
    picture = SceneCanvas(xyz, (160, 120)).paint(np.full((count, 3), 10, dtype=np.uint8))
    assert picture.shape == (120, 160, 3) and (picture < 100).all(-1).any()


def test_the_canvas_shows_most_of_a_room_and_finds_points_again():
    xyz, color, label, _, _ = room_cloud(seed=0, density=400)
    canvas = SceneCanvas(xyz, (320, 240))
    shown = np.unique(canvas.raster.point)
    assert len(shown) > 0.6 * canvas.kept.sum()
    marks = np.zeros((len(xyz), 3), dtype=np.uint8)
    bright = canvas.paint(np.where((label == 1)[:, None], 255, marks).astype(np.uint8))
    middle = xyz[label == 1].mean(0, keepdims=True)
    x, y = canvas.pixels(middle)[0].astype(int)
    assert bright[max(0, y - 20) : y + 20, max(0, x - 20) : x + 20].max() > 150
    assert np.array_equal(canvas.paint(color), canvas.paint(color))


def test_values_tell_what_each_pixel_shows():
    xyz = room_cloud(boxes=2, density=200)[0]
    canvas = SceneCanvas(xyz, (120, 90))
    numbers = canvas.values(np.arange(len(xyz)))
    assert numbers.shape == (90, 120) and numbers.min() == -1
    shown = np.unique(numbers[numbers >= 0])
    assert canvas.visible[shown].all() and canvas.kept[shown].all()
    colors = np.zeros((len(xyz), 3), dtype=np.uint8)
    colors[:, 0] = 200 * (np.arange(len(xyz)) % 2)
    red = canvas.paint(colors).astype(int)[..., 0]
    inside = canvas.values(np.arange(len(xyz)) % 2)
    assert red[inside == 1].mean() > red[inside == 0].mean() + 30
