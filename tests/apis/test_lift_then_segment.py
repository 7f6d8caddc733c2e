"""Gravity, scale and pixels of reconstructions whose truth is known."""

import numpy as np
import pytest
import torch
from untrained_inferencer import boxes, inferencer

from uniseg3d.apis.images_inferencer import ImagesInferencer
from uniseg3d.apis.lift_then_segment import LiftedScene, PhotoClick, find_scale, gravity, lift, point_at_pixel
from uniseg3d.apis.reconstruct import ReconstructOptions
from uniseg3d.apis.reconstruction import ReconstructedView, Reconstruction
from uniseg3d.apis.scene_input import find_config
from uniseg3d.registry import MODELS
from uniseg3d.utils.errors import ConfigError, DataError

INTRINSICS = np.array([[60.0, 0, 48], [0, 60, 36], [0, 0, 1]])


def looking(position, at):
    """Camera-to-world of a level camera in a room with z up."""
    ahead = np.subtract(at, position) / np.linalg.norm(np.subtract(at, position))
    right = np.cross(ahead, [0, 0, 1.0])
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3, :3] = np.stack([right, np.cross(ahead, right), ahead], 1)
    pose[:3, 3] = position
    return pose


def walk():
    return np.stack([looking((3 + np.cos(a), 2 + np.sin(a), 1.5), (3 + 3 * np.cos(a), 2, 0.8)) for a in (0.1, 1.5, 2.8, 4.0)])


def photographed(scale=1.0, seed=0, count=4000):
    """The room of boxes as a reconstruction: the world is the first camera, its unit 1 / ``scale`` metres."""
    room, poses = boxes(seed, count), walk()
    to_world = np.linalg.inv(poses[0])
    to_world[:3] /= scale
    views = []
    for number, pose in enumerate(poses):
        local = (room.xyz - pose[:3, 3]) @ pose[:3, :3]
        image = local @ INTRINSICS.T
        pixel = image[:, :2] / image[:, 2:]
        seen = (local[:, 2] > 0.1) & (pixel >= 0).all(1) & (pixel < (96, 72)).all(1)
        points = (room.xyz[seen] @ to_world[:3, :3].T + to_world[:3, 3]).astype(np.float32)
        moved = np.linalg.inv(poses[0]) @ pose
        moved[:3, 3] /= scale
        views.append(ReconstructedView(f'{number}.jpg', 0, (72, 96), moved, INTRINSICS, 1.0, points, room.colors[seen]))
    return Reconstruction(views), room


@pytest.fixture(scope='module')
def segmenter(tmp_path_factory):
    return inferencer(tmp_path_factory.mktemp('weights'))


def test_up_is_found_from_level_cameras_however_they_tilt():
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    turn *= np.sign(np.linalg.det(turn))
    poses = walk()
    poses[:, :3] = turn @ poses[:, :3]
    found = gravity(poses)
    assert np.allclose(found @ turn @ [0, 0, 1], [0, 0, 1], atol=0.02)
    assert np.allclose(found @ found.T, np.eye(3)) and np.linalg.det(found) > 0


def test_one_level_camera_knows_up_from_its_photo_and_one_that_looks_down_does_not_fail():
    assert np.allclose(gravity(looking((0, 0, 1), (2, 0, 1))[None])[2], [0, 0, 1], atol=1e-6)
    down = np.eye(4)
    down[:3, :3] = np.diag([1, -1, -1])
    assert np.isfinite(gravity(down[None])).all()


@pytest.mark.parametrize('scale', [0.05, 1.0, 40.0])
def test_a_reconstruction_of_any_unit_becomes_a_room_in_metres(scale):
    scene, _ = photographed(scale)
    cloud = lift(scene)
    assert np.linalg.norm(cloud.to_model[:3, 0]) == pytest.approx(scale, rel=0.15)
    assert np.percentile(cloud.xyz[:, 2], 1) == pytest.approx(0, abs=0.05)
    assert 'scale' in cloud.notes[0]
    assert np.allclose(cloud.in_file(), scene.points, atol=1e-3 / min(scale, 1))


def test_a_scale_that_is_known_is_kept():
    scene, _ = photographed(2.0)
    cloud = lift(scene, scale=2.0)
    assert np.linalg.norm(cloud.to_model[:3, 0]) == pytest.approx(2.0)
    with pytest.raises(ConfigError, match='positive'):
        lift(scene, scale=-1)


def test_a_scale_without_cameras_above_the_floor_comes_from_the_height():
    scale, why = find_scale(np.linspace(0, 100, 1000), np.array([0.0]))
    assert scale == pytest.approx(2.6 / 98, rel=0.01) and 'high' in why


def test_a_pixel_means_the_point_that_it_shows():
    scene, _ = photographed()
    view = scene.views[1]
    row = len(view.points) // 2
    local = np.linalg.inv(view.camera_to_world) @ [*view.points[row], 1]
    u, v, w = INTRINSICS @ local[:3]
    found = point_at_pixel(view, (u / w, v / w))
    assert np.linalg.norm(found - view.points[row]) < 1e-5


@pytest.mark.parametrize('pixel', [(-1, 3), (3, 73), (1000, 10)])
def test_a_pixel_outside_is_refused(pixel):
    with pytest.raises(DataError, match='outside the photo'):
        point_at_pixel(photographed()[0].views[0], pixel)


def test_a_pixel_where_nothing_is_sure_is_refused():
    view = photographed()[0].views[0]
    view.points = view.points[:0]
    with pytest.raises(DataError, match='click elsewhere'):
        point_at_pixel(view, (10, 10))


def test_a_click_in_a_photo_is_the_click_on_the_point(segmenter):
    scene, _ = photographed()
    lifted = LiftedScene(scene, segmenter.open(lift(scene)))
    asked = ImagesInferencer(segmenter, None)
    there = lifted.click(PhotoClick('2.jpg', (50, 40)))
    assert np.abs(lifted.reconstruction.views[2].points - there.position).sum(1).min() < 1e-5
    by_photo = asked(lifted, clicks=[PhotoClick('2.jpg', (50, 40)), [PhotoClick('2.jpg', (50, 40)), there]])
    by_place = asked(lifted, clicks=[there.position, [there, there]])
    assert torch.equal(by_photo.clicks.masks, by_place.clicks.masks)
    assert len(by_photo.superpoints.ids) == len(scene.points)
    assert lifted.points_of('1.jpg') == slice(len(scene.views[0].points), sum(len(v.points) for v in scene.views[:2]))
    with pytest.raises(DataError, match=r'there are 0\.jpg'):
        lifted.click(PhotoClick('9.jpg', (1, 1)))


def test_no_photo_is_a_sentence():
    with pytest.raises(DataError, match='truncated'):
        lift(Reconstruction([], {'a.jpg': 'truncated'}))


def test_pictures_become_answers_with_networks_that_learned_nothing(segmenter):
    torch.manual_seed(0)
    model = MODELS.build(find_config('dust3r_tiny_rooms').model).eval()
    inference = ImagesInferencer(segmenter, model, ReconstructOptions(size=64, share=0.5))
    pictures = [np.random.default_rng(i).integers(0, 256, (48, 64, 3), dtype=np.uint8) for i in range(2)]
    scene = inference.open(pictures)
    prediction = inference(scene, clicks=[PhotoClick('0', _sure_pixel(scene))], texts=['the chair'], classes=['crate'])
    assert len(prediction.clicks) == len(prediction.texts) == 1 and prediction.named is not None
    assert len(prediction.superpoints.ids) == sum(len(view.points) for view in scene.reconstruction.views)
    with pytest.raises(DataError, match='at least one'):
        inference.open([])


def _sure_pixel(scene):
    view = scene.reconstruction.views[0]
    local = (view.points - view.camera_to_world[:3, 3]) @ view.camera_to_world[:3, :3]
    image = local[local[:, 2] > 0] @ view.intrinsics.T
    pixels = image[:, :2] / image[:, 2:]
    return tuple(pixels[((pixels > 0) & (pixels < (64, 48))).all(1)][0])
