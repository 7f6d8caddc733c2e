import json

import numpy as np
import pytest
from PIL import Image
from toy_room import toy_room

from uniseg3d.datasets.preparation.export_frames import FrameJob, export_recording
from uniseg3d.io.images import read_color, read_map
from uniseg3d.io.ply import read_ply
from uniseg3d.io.scannet import read_label_map, read_scan
from uniseg3d.rooms.frame_writer import LABEL_MAP, panoptic_code, write_frames, write_recording
from uniseg3d.rooms.scan import scan_room
from uniseg3d.rooms.scannet_writer import to_scan_frame, write_scan
from uniseg3d.rooms.segments import annotate
from uniseg3d.text.class_lists import class_list, meta_path


@pytest.fixture(scope='module')
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp('wörld 1')
    room = toy_room()
    frames, scan = scan_room(room, np.random.default_rng(0))
    annotation = annotate(room, scan)
    write_scan(folder / 'scan', room.name, scan, annotation, frames)
    write_frames(folder / 'frames', room, scan, annotation, frames)
    write_recording(folder / 'scan' / f'{room.name}.sens', scan, frames)
    return folder, room, scan, annotation, frames


def test_the_scan_reader_reads_what_was_written(written):
    folder, room, scan, annotation, _ = written
    read = read_scan(folder / 'scan', room.name, annotated=True)
    np.testing.assert_array_equal(read.vertices, to_scan_frame(scan, scan.vertices))
    np.testing.assert_array_equal(read.colors, scan.colors)
    np.testing.assert_array_equal(read.faces, scan.faces)
    np.testing.assert_array_equal(read.annotation.segments, annotation.segments)
    assert [group.label for group in read.annotation.groups] == [thing.label for thing in annotation.objects]
    assert [group.object_id for group in read.annotation.groups] == list(range(len(annotation.objects)))
    for group in read.annotation.groups:
        owner = scan.vertex_object[np.isin(read.annotation.segments, group.segments)]
        assert (owner == annotation.objects[group.object_id].room_id).all()


def test_the_mesh_is_opaque_like_those_of_scannet(written):
    folder, room, scan, _, _ = written
    mesh = read_ply(folder / 'scan' / f'{room.name}_vh_clean_2.ply')
    assert list(mesh.extra) == ['alpha']
    assert mesh.extra['alpha'].dtype == np.uint8 and (mesh.extra['alpha'] == 255).all()
    assert len(mesh.extra['alpha']) == len(scan.vertices)


def test_the_alignment_in_the_file_undoes_the_rotation(written):
    folder, room, scan, _, _ = written
    read = read_scan(folder / 'scan', room.name, annotated=True)
    matrix = read.annotation.axis_align_matrix
    np.testing.assert_array_equal(matrix, scan.axis_align_matrix)
    aligned = read.vertices @ matrix[:3, :3].T + matrix[:3, 3]
    np.testing.assert_allclose(aligned, scan.vertices, atol=2e-5)
    assert np.abs(read.vertices - scan.vertices).max() > 0.1  # files hold the scan as it came, not aligned
    np.testing.assert_array_equal(matrix[2, :3], [0, 0, 1])


def test_the_info_file_has_the_lines_of_a_scannet_scan(written):
    folder, room, _, _, frames = written
    lines = dict(line.split(' = ') for line in (folder / 'scan' / f'{room.name}.txt').read_text().splitlines())
    assert len(lines['axisAlignment'].split(' ')) == 16
    assert (lines['colorWidth'], lines['depthHeight'], lines['numColorFrames']) == ('320', '240', '12')
    assert float(lines['fx_color']) == pytest.approx(frames.intrinsic[0, 0], abs=1e-6)
    assert float(lines['my_depth']) == pytest.approx(119.5)


def test_clutter_has_segments_but_no_group(written):
    folder, room, scan, annotation, _ = written
    groups = json.loads((folder / 'scan' / f'{room.name}.aggregation.json').read_text())['segGroups']
    crate = np.unique(annotation.segments[scan.vertex_object == 8])
    assert len(crate) and not set(crate.tolist()) & {segment for group in groups for segment in group['segments']}
    assert sorted({group['label'] for group in groups}) == ['cabinet', 'couch', 'floor', 'table', 'wall']


def test_depth_poses_and_intrinsics_hit_the_written_mesh(written):
    """The way a user's program goes: back-project the depth files and compare with the mesh file."""
    folder, room, _, _, _ = written
    from scipy.spatial import cKDTree

    tree = cKDTree(read_scan(folder / 'scan', room.name, annotated=False).vertices)
    intrinsic = np.loadtxt(folder / 'frames/intrinsic/intrinsic_depth.txt')
    np.testing.assert_array_equal(np.loadtxt(folder / 'frames/intrinsic/extrinsic_color.txt'), np.eye(4))
    for i in (0, 5, 11):
        depth = read_map(folder / f'frames/depth/{i}.png')
        assert depth.dtype == np.uint16 and depth.shape == (240, 320)
        rows, columns = np.nonzero(depth[::4, ::4])
        z = depth[::4, ::4][rows, columns] / 1000
        image = np.stack([columns * 4 * z, rows * 4 * z, z], axis=1)
        points = image @ np.linalg.inv(intrinsic[:3, :3]).T
        pose = np.loadtxt(folder / f'frames/pose/{i}.txt')
        distance, _ = tree.query(points @ pose[:3, :3].T + pose[:3, 3])
        assert np.median(distance) < 0.03 and (distance < 0.08).mean() > 0.95


def test_label_maps_agree_with_the_faces(written):
    folder, room, _, annotation, frames = written
    ids = read_label_map(meta_path(LABEL_MAP), 'id')
    numbers = annotation.file_ids(room)
    classes = class_list('scannet20').names
    names = {'couch': 'sofa'}
    for i in (0, 7):
        label = read_map(folder / f'frames/label/{i}.png')
        instance = read_map(folder / f'frames/instance/{i}.png')
        coded = np.array(Image.open(folder / f'frames/panoptic/{i}.png')).astype(int)
        code = coded[..., 0] + 256 * coded[..., 1] + 65536 * coded[..., 2]
        owner = np.where(frames.face[i] >= 0, room.face_object[frames.face[i]], -1)
        for thing in room.objects:
            pixels = owner == thing.object_id
            if thing.raw_category is None:
                assert not label[pixels].any() and not instance[pixels].any() and not code[pixels].any()
                continue
            number = numbers[thing.object_id] + 1
            assert (label[pixels] == ids[thing.raw_category]).all() and (instance[pixels] == number).all()
            position = classes.index(names.get(thing.raw_category, thing.raw_category)) + 1
            assert (code[pixels] == 1000 * position + number).all()
        assert not label[owner == -1].any()
    assert read_color(folder / 'frames/color/3.jpg').shape == (240, 320, 3)


def test_color_files_look_like_the_frames(written):
    folder, _, _, _, frames = written
    difference = read_color(folder / 'frames/color/3.jpg').astype(int) - frames.color[3]
    assert np.abs(difference).mean() < 6


def test_panoptic_codes_leave_out_what_has_no_class():
    codes = panoptic_code(np.array([0, 19, -1, 20, 4]), np.array([0, 41, 3, 3, -1]))
    np.testing.assert_array_equal(codes, [1001, 20042, 0, 0, 0])


def test_the_exported_recording_is_the_written_frames(written):
    folder, room, _, _, frames = written
    report = export_recording(FrameJob(folder / 'scan' / f'{room.name}.sens', folder / 'exported'))
    assert (report.exported, report.faults) == (len(frames.depth), [])
    assert {path.parent.name for path in (folder / 'exported').rglob('*.*')} == {'color', 'depth', 'pose', 'intrinsic'}
    for path in (folder / 'exported').rglob('*.*'):
        other = folder / 'frames' / path.relative_to(folder / 'exported')
        if path.suffix == '.txt':
            np.testing.assert_allclose(np.loadtxt(path), np.loadtxt(other), atol=2e-5)  # poses are stored in single precision
        else:
            assert path.read_bytes() == other.read_bytes()
