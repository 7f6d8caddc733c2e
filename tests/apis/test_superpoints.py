"""Superpoints for files of every kind, and what is said when a file has none."""

from pathlib import Path

import numpy as np
import pytest
from scene_files import write_scene

from uniseg3d.apis.superpoints import SuperpointOptions, make_superpoints
from uniseg3d.io.arrays import read_bin, read_npy, write_bin, write_npy
from uniseg3d.io.ply import PlyMesh, write_ply
from uniseg3d.superpoints import (
    CloudSuperpointOptions,
    SupervoxelOptions,
    cloud_superpoints,
    cloud_supervoxels,
    mesh_superpoints,
)
from uniseg3d.utils.errors import ConfigError, DataError

SIDE = 12


@pytest.fixture
def mesh() -> PlyMesh:
    """A floor and a wall over one grid, joined at a right angle."""
    u, v = np.meshgrid(np.arange(SIDE) * 0.05, np.arange(SIDE) * 0.05, indexing='ij')
    x, z = np.minimum(u, 0.25), np.maximum(u - 0.25, 0)
    low = (np.arange(SIDE - 1)[:, None] * SIDE + np.arange(SIDE - 1)).reshape(-1)
    faces = np.concatenate([np.stack([low, low + SIDE, low + 1], 1), np.stack([low + 1, low + SIDE, low + SIDE + 1], 1)])
    vertices = np.stack([x, v, z], axis=-1).reshape(-1, 3).astype(np.float32)
    colors = np.full((len(vertices), 3), 200, np.uint8)
    return PlyMesh(vertices, colors, faces)


def test_a_mesh_file_is_cut_as_a_mesh(mesh: PlyMesh, tmp_path: Path) -> None:
    write_ply(tmp_path / 'scan.ply', mesh)
    (result,) = make_superpoints([tmp_path / 'scan.ply'], options=SuperpointOptions(min_vertices=5))
    assert (result.method, result.points, result.error) == ('mesh', SIDE * SIDE, None)
    ids = read_npy(tmp_path / 'scan.superpoints.npy')
    assert np.array_equal(ids, mesh_superpoints(mesh.vertices, mesh.faces, min_vertices=5))


def test_points_without_triangles_are_cut_as_a_cloud(mesh: PlyMesh, tmp_path: Path) -> None:
    table = np.concatenate([mesh.vertices, mesh.colors], axis=1, dtype=np.float32)
    write_ply(tmp_path / 'a.ply', PlyMesh(mesh.vertices, mesh.colors))
    write_npy(tmp_path / 'b.npy', table.astype(np.float64))
    write_bin(tmp_path / 'c.bin', table, np.float32)
    write_npy(tmp_path / 'd.npy', table[:, :3])
    results = make_superpoints([tmp_path], tmp_path / 'out')
    assert [(r.source.name, r.method) for r in results] == [(n, 'cloud') for n in ('a.ply', 'b.npy', 'c.bin', 'd.npy')]
    expected = cloud_superpoints(mesh.vertices, mesh.colors)
    assert all(np.array_equal(read_npy(r.target), expected) for r in results[:3])
    assert np.array_equal(read_npy(results[3].target), cloud_superpoints(mesh.vertices))


def test_the_method_and_its_options_are_obeyed(mesh: PlyMesh, tmp_path: Path) -> None:
    write_ply(tmp_path / 'scan.ply', mesh)
    coarse = CloudSuperpointOptions(voxel_size=0.3, min_voxels=0)
    (result,) = make_superpoints([tmp_path], options=SuperpointOptions('cloud', cloud=coarse))
    assert result.method == 'cloud'
    assert np.array_equal(read_npy(result.target), cloud_superpoints(mesh.vertices, mesh.colors, coarse))


def test_quality_is_measured_where_labels_are(tmp_path: Path) -> None:
    write_scene(tmp_path)
    (tmp_path / 'points' / 'other.bin').write_bytes((tmp_path / 'points' / 'room0000_00.bin').read_bytes())
    fine = SuperpointOptions(cloud=CloudSuperpointOptions(voxel_size=0.01, min_voxels=0))
    other, known = make_superpoints([tmp_path / 'points'], tmp_path / 'out', fine, 'bin', labels=tmp_path)
    assert known.target == tmp_path / 'out' / 'room0000_00.bin'
    assert len(read_bin(known.target, np.int64)) == known.points == 400
    assert known.quality.achievable_miou == known.quality.achievable_instance_iou == 1.0  # nearly every point is alone
    assert other.quality.achievable_miou is None and other.quality.count == known.quality.count


def test_the_cache_answers_the_second_time(mesh: PlyMesh, tmp_path: Path) -> None:
    write_ply(tmp_path / 'scan.ply', mesh)
    make_superpoints([tmp_path / 'scan.ply'], cache=tmp_path / 'cache')
    (entry,) = (tmp_path / 'cache').iterdir()
    write_npy(entry, np.arange(SIDE * SIDE))  # a mark: only a reader of the cache gives it back
    (again,) = make_superpoints([tmp_path / 'scan.ply'], cache=tmp_path / 'cache')
    assert again.quality.count == SIDE * SIDE
    (other,) = make_superpoints([tmp_path / 'scan.ply'], options=SuperpointOptions(min_vertices=5), cache=tmp_path / 'cache')
    assert other.quality.count < SIDE * SIDE


def test_one_bad_file_does_not_stop_the_others(mesh: PlyMesh, tmp_path: Path) -> None:
    write_ply(tmp_path / 'good.ply', mesh)
    write_npy(tmp_path / 'flat.npy', np.zeros((5, 2)))
    write_npy(tmp_path / 'nan.npy', np.full((5, 3), np.nan))
    (tmp_path / 'short.bin').write_bytes(b'123')
    flat, good, nan, short = make_superpoints([tmp_path], tmp_path / 'out')
    assert good.error is None and good.target.exists()
    assert 'flat.npy' in flat.error and '[5, 2]' in flat.error
    assert 'nan.npy' in nan.error and 'not finite' in nan.error
    assert 'short.bin is truncated' in short.error and not short.target.exists()


def test_a_cloud_cannot_be_cut_as_a_mesh(mesh: PlyMesh, tmp_path: Path) -> None:
    write_ply(tmp_path / 'scan.ply', PlyMesh(mesh.vertices))
    (result,) = make_superpoints([tmp_path], options=SuperpointOptions('mesh'))
    assert 'scan.ply' in result.error and 'no triangles' in result.error


def test_wrong_requests_are_refused(mesh: PlyMesh, tmp_path: Path) -> None:
    with pytest.raises(DataError, match='does not exist'):
        make_superpoints([tmp_path / 'nothing.ply'])
    with pytest.raises(DataError, match='holds no'):
        make_superpoints([tmp_path])
    (tmp_path / 'photo.jpg').touch()
    with pytest.raises(DataError, match=r'ends in \.jpg'):
        make_superpoints([tmp_path / 'photo.jpg'])
    write_ply(tmp_path / 'scan.ply', mesh)
    with pytest.raises(DataError, match='semantic_mask'):
        make_superpoints([tmp_path / 'scan.ply'], labels=tmp_path)
    with pytest.raises(ConfigError, match='auto, mesh, cloud, supervoxels'):
        make_superpoints([tmp_path / 'scan.ply'], options=SuperpointOptions('magic'))


def test_nothing_is_overwritten(mesh: PlyMesh, tmp_path: Path) -> None:
    for folder in ('a', 'b'):
        write_ply(tmp_path / folder / 'scan.ply', mesh)
    with pytest.raises(ConfigError, match='belongs to'):
        make_superpoints([tmp_path / 'a', tmp_path / 'b'], tmp_path / 'out')
    write_bin(tmp_path / 'c' / 'scan.bin', np.zeros((3, 6)), np.float32)
    with pytest.raises(ConfigError, match='cannot hold'):
        make_superpoints([tmp_path / 'c'], file_format='bin')
    assert (tmp_path / 'c' / 'scan.bin').stat().st_size == 72


def test_supervoxels_are_measured_beside_the_others(tmp_path: Path) -> None:
    write_scene(tmp_path)
    small = SuperpointOptions('supervoxels', supervoxels=SupervoxelOptions(size=0.05, voxel_size=0.01))
    (result,) = make_superpoints([tmp_path / 'points'], tmp_path / 'out', small, labels=tmp_path)
    cloud = read_bin(tmp_path / 'points' / 'room0000_00.bin', np.float32).reshape(-1, 6)
    assert result.method == 'supervoxels' and result.quality.achievable_miou is not None
    assert np.array_equal(read_npy(result.target), cloud_supervoxels(cloud[:, :3], cloud[:, 3:], small.supervoxels))
