from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial import cKDTree
from toy_room import looking_at, toy_room

from uniseg3d.rooms.build import build_room
from uniseg3d.rooms.cameras import intrinsic_matrix
from uniseg3d.rooms.coverage import measured_samples, sample_exposed_surface
from uniseg3d.rooms.free_space import find_free_space
from uniseg3d.rooms.fusion import fuse
from uniseg3d.rooms.raster import pixel_rays, rasterize
from uniseg3d.rooms.scan import scan_room
from uniseg3d.rooms.scene import Material
from uniseg3d.rooms.segments import annotate
from uniseg3d.rooms.sensor import incidence, measure_depth
from uniseg3d.rooms.shading import shade, surface_table
from uniseg3d.superpoints import mesh_superpoints


@pytest.fixture(scope='module')
def scanned():
    room = toy_room()
    return room, *scan_room(room, np.random.default_rng(0))


@pytest.fixture(scope='module')
def furnished():
    room = build_room('room0003_00', 5, 'train')
    return room, *scan_room(room, np.random.default_rng(3))


def surface_distance(room, points):
    """Distance to the nearest of many points on the true surface of the object of each vertex."""
    rng = np.random.default_rng(0)
    corners = room.vertices[room.faces].astype(float)
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    face = rng.choice(len(area), 400_000, p=area / area.sum())
    weights = rng.dirichlet([1, 1, 1], len(face))
    samples = (corners[face] * weights[..., None]).sum(axis=1)
    return cKDTree(samples).query(points)[0], room.face_object[face][cKDTree(samples).query(points)[1]]


def test_vertices_lie_on_the_surface_of_their_object(scanned):
    room, _, scan = scanned
    distance, owner = surface_distance(room, scan.vertices)
    assert np.median(distance) < 0.012 and np.quantile(distance, 0.99) < 0.04
    assert distance.mean() > 0.0005  # a scan is never exact
    assert (owner == scan.vertex_object).mean() > 0.96


def test_size_density_and_holes_are_those_of_a_scan(furnished):
    _, _, scan = furnished
    assert 15_000 < len(scan.vertices) < 60_000
    assert 0.05 <= scan.hole_share <= 0.3
    spacing = cKDTree(scan.vertices).query(scan.vertices, 2)[0][:, 1]
    assert 0.02 < np.median(spacing) < 0.06


def test_the_mesh_is_one_sheet_that_faces_the_room(scanned):
    _, _, scan = scanned
    a, b, c = scan.vertices[scan.faces].astype(float).transpose(1, 0, 2)
    normals = np.cross(b - a, c - a)
    assert (np.linalg.norm(normals, axis=1) > 0).all()
    floor = (scan.vertex_object[scan.faces] == 0).all(axis=1)
    assert (normals[floor, 2] > 0).mean() > 0.995
    assert np.linalg.norm(b - a, axis=1).max() < 0.2
    edges = np.concatenate([scan.faces[:, [0, 1]], scan.faces[:, [1, 2]], scan.faces[:, [2, 0]]])
    assert len(np.unique(edges, axis=0)) == len(edges)
    assert len(np.unique(np.sort(scan.faces, axis=1), axis=0)) == len(scan.faces)
    assert 1.7 < len(scan.faces) / len(scan.vertices) < 2.1
    assert len(np.unique(scan.faces)) == len(scan.vertices)


def test_the_floor_has_no_gaps_between_its_triangles():
    room = toy_room()
    _, scan = scan_room(room, np.random.default_rng(4))
    above = looking_at((2.5, 1.0, 2.4), (2.5, 1.001, 0.0))
    floor = scan.faces[(scan.vertex_object[scan.faces] == 0).all(axis=1)]
    _, face = rasterize(scan.vertices, floor, intrinsic_matrix((200, 200), 20), above[None], (200, 200))
    assert (face >= 0).mean() > 0.97


def test_superpoints_of_the_mesh_respect_objects(furnished):
    _, _, scan = furnished
    superpoints = mesh_superpoints(scan.vertices, scan.faces)
    votes = np.zeros((superpoints.max() + 1, scan.vertex_object.max() + 2), int)
    np.add.at(votes, (superpoints, scan.vertex_object + 1), 1)
    assert votes.max(axis=1).sum() / votes.sum() > 0.85
    assert 40 < len(votes) < 1000


def test_the_same_generator_gives_the_same_scan():
    first, second = (scan_room(toy_room(), np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(first[0].color, second[0].color)
    np.testing.assert_array_equal(first[1].vertices, second[1].vertices)
    other = scan_room(toy_room(), np.random.default_rng(8))
    assert not np.array_equal(first[0].camera_to_world, other[0].camera_to_world)


def test_frames_agree_with_the_room_and_with_each_other(scanned):
    room, frames, _ = scanned
    assert frames.color.shape == (12, 240, 320, 3) and frames.depth.shape == frames.face.shape == (12, 240, 320)
    points = pixel_rays(frames.intrinsic, (240, 320)) * frames.depth[..., None]
    world = np.einsum('vij,vhwj->vhwi', frames.camera_to_world[:, :3, :3], points)
    world += frames.camera_to_world[:, None, None, :3, 3]
    floor = (frames.depth > 0) & (room.face_object[frames.face] == 0) & (frames.face >= 0)
    assert floor.sum() > 10_000
    assert np.abs(world[floor][:, 2]).mean() < 0.02
    assert 0.55 < (frames.depth > 0).mean() < 1


def test_an_annotation_is_made_of_segments_of_single_objects(furnished):
    room, _, scan = furnished
    annotation = annotate(room, scan)
    owners = np.unique(np.stack([annotation.segments, scan.vertex_object]), axis=1)
    assert len(np.unique(owners[0])) == owners.shape[1]
    assert np.unique(annotation.segments).max() > owners.shape[1]  # ids have gaps
    ids = annotation.file_ids(room)
    for number, thing in enumerate(annotation.objects):
        painted = np.isin(annotation.segments, thing.segments)
        np.testing.assert_array_equal(painted, scan.vertex_object == thing.room_id)
        assert ids[thing.room_id] == number and thing.label == room.objects[thing.room_id].raw_category
        assert painted.sum() >= 30
    assert ids[-1] == -1
    clutter = [thing.object_id for thing in room.objects if thing.raw_category is None]
    assert clutter and (ids[clutter] == -1).all()


def test_holes_are_what_no_view_measures():
    room = toy_room()
    space = find_free_space(room)
    samples = sample_exposed_surface(room, space, np.random.default_rng(0))
    # floor and walls less what stands on and against them, both sides of the table, the free sides of the rest
    assert samples.area == pytest.approx(17.7 + 43.4 + 2.1 + 3.6 + 3.2 + 0.8, rel=0.05)
    behind = samples.points[:, 0] < 0.015
    assert not (
        (samples.points[behind, 1] > 2.05) & (samples.points[behind, 1] < 2.95) & (samples.points[behind, 2] < 1.55)
    ).any()
    pose = looking_at((4.5, 0.5, 1.6), (0.3, 2.5, 0.8))[None]
    intrinsic = intrinsic_matrix((120, 160), 70)
    depth, _ = rasterize(room.vertices, room.faces, intrinsic, pose, (120, 160))
    seen = measured_samples(samples, depth, intrinsic, pose)[0]
    assert 0.05 < seen.mean() < 0.5
    assert (samples.normals[seen] * (pose[0, :3, 3] - samples.points[seen])).sum(axis=1).min() > 0
    assert not measured_samples(samples, np.zeros_like(depth), intrinsic, pose).any()


def test_depth_noise_grows_with_distance_and_flat_rays_get_no_answer():
    depth = np.repeat(np.linspace(0.1, 8, 400, dtype=np.float32)[None, :, None], 300, axis=2)
    measured = measure_depth(depth, np.ones_like(depth), np.random.default_rng(0))[0]
    assert (measured[depth[0] < 0.3] == 0).all() and (measured[depth[0] > 6.6] == 0).all()
    error = np.where(measured > 0, measured - depth[0], np.nan)
    near, far = np.nanstd(error[40:80]), np.nanstd(error[250:300])
    assert 0.0004 < near < 0.003 < far < 0.05
    lost = [
        (measure_depth(depth[:, 100:200], np.full((1, 100, 300), c, np.float32), np.random.default_rng(0)) == 0).mean()
        for c in (0.02, 0.1, 0.5)
    ]
    assert lost[0] == 1 and 0.2 < lost[1] < 0.95 and lost[2] < 0.05


def test_pixels_at_depth_edges_are_often_lost():
    depth = np.full((1, 100, 100), 1.5, np.float32)
    depth[:, :, 50:] = 3.0
    measured = measure_depth(depth, np.ones_like(depth), np.random.default_rng(0))[0]
    assert 0.4 < (measured[:, 49:51] == 0).mean() < 0.8
    assert (measured[:, [20, 80]] > 0).all()


def test_incidence_is_the_cosine_between_ray_and_normal():
    room = toy_room()
    pose = looking_at((2.5, 1.0, 1.5), (2.5, 1.0001, 0.0))[None]
    intrinsic = intrinsic_matrix((61, 81), 60)
    _, face = rasterize(room.vertices, room.faces, intrinsic, pose, (61, 81))
    cosine = incidence(face, surface_table(room)[2], pixel_rays(intrinsic, (61, 81)), pose)[0]
    assert cosine[30, 40] == pytest.approx(1, abs=1e-3)
    assert cosine[30, 0] == pytest.approx(np.cos(np.radians(30)), abs=0.01)


def look_at_wall(texture: str) -> np.ndarray:
    room = toy_room()
    room.materials = [Material((200, 40, 40), (40, 40, 200), texture, 0.4)] * len(room.materials)
    intrinsic, size = intrinsic_matrix((120, 160), 60), (120, 160)
    pose = looking_at((2.5, 1.0, 1.5), (2.6, 0.0, 1.3))[None]
    depth, face = rasterize(room.vertices, room.faces, intrinsic, pose, size)
    return shade(room, depth, face, intrinsic, pose, np.random.default_rng(0))[0]


def test_textures_show_both_colors():
    for texture in ('stripes', 'checks', 'wood', 'speckle'):
        image = look_at_wall(texture).astype(int)
        red = (image[..., 0] > image[..., 2] + 30).mean()
        blue = (image[..., 2] > image[..., 0] + 30).mean()
        assert red > 0.15 and blue > 0.15, texture
    plain = look_at_wall('plain').astype(int)
    assert (plain[..., 0] > plain[..., 2] + 30).mean() > 0.99


def test_light_noise_and_the_sky_over_the_walls():
    image = look_at_wall('plain').astype(float)
    assert 1 < np.std(image[50:60, 75:85, 0]) < 8
    room = toy_room()
    pose = looking_at((2.5, 1.0, 1.5), (2.5, 1.1, 3.0))[None]
    intrinsic = intrinsic_matrix((60, 80), 60)
    depth, face = rasterize(room.vertices, room.faces, intrinsic, pose, (60, 80))
    sky = shade(room, depth, face, intrinsic, pose, np.random.default_rng(0))[face == -1]
    assert len(sky) > 1000 and np.abs(sky.mean(axis=0) - [172, 178, 186]).max() < 40


def test_fusing_averages_a_voxel_and_keeps_the_majority():
    """A plane at depth 1, seen twice with opposite errors; a third of the labels is wrong."""
    rows, columns = np.mgrid[:40, :40] * 0.01
    layers = [np.stack([columns, -rows, np.full_like(rows, 1 + error)], axis=-1) for error in (-0.004, 0.004)]
    points = np.stack(layers)
    label = np.where(np.random.default_rng(0).random((2, 40, 40)) < 0.3, 7, 3).astype(np.int32)
    color = np.zeros((2, 40, 40, 3), np.uint8)
    color[0], color[1] = 100, 120
    eyes = np.array([[0.2, -0.2, 3.0], [0.2, -0.2, 3.0]])
    vertices, colors, labels, faces = fuse(points, np.ones((2, 40, 40), bool), color, label, eyes, 0.05)
    np.testing.assert_allclose(vertices[:, 2], 1, atol=1e-3)
    assert (labels == 3).mean() > 0.9
    assert np.abs(colors.astype(int) - 110).max() <= 1
    assert 60 < len(vertices) < 110
    a, b, c = vertices[faces].transpose(1, 0, 2)
    assert (np.cross(b - a, c - a)[:, 2] > 0).all()
    assert np.cross(b - a, c - a)[:, 2].sum() / 2 == pytest.approx(0.36**2, rel=0.1)


def test_surfaces_at_different_depths_are_not_joined_and_crumbs_vanish():
    rows, columns = np.mgrid[:60, :60] * 0.01
    depth = np.where(columns < 0.3, 1.0, 1.5)
    depth[5, 50] = 0.7
    points = np.stack([columns, -rows, depth], axis=-1)[None]
    eyes = np.array([[0.3, -0.3, 3.0]])
    images = np.zeros((1, 60, 60, 3), np.uint8), np.zeros((1, 60, 60), np.int32)
    vertices, _, _, faces = fuse(points, np.ones((1, 60, 60), bool), *images, eyes, 0.04)
    heights = vertices[faces][..., 2]
    assert np.ptp(heights, axis=1).max() < 0.05
    assert vertices[:, 2].min() > 0.9


def test_an_empty_room_still_has_holes():
    room = toy_room()
    keep = room.face_object < 5
    bare = replace(
        room,
        faces=room.faces[keep],
        face_object=room.face_object[keep],
        face_material=room.face_material[keep],
        face_frame=room.face_frame[keep],
    )
    _, scan = scan_room(bare, np.random.default_rng(0))
    assert 0.05 <= scan.hole_share < 0.3
