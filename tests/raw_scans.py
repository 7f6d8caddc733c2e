"""Tiny raw scans in ScanNet's formats: a flat floor strip with objects as vertical plates standing on it."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from uniseg3d.io.ply import PlyMesh, write_ply

LABELS = ('floor', 'chair', 'pillow', 'table')  # raw categories of the objects 0, 1, 2, 3
LABEL_MAP = 'id\traw_category\tnyu40id\r\n3\tfloor\t2\r\n2\tchair\t5\r\n13\tpillow\t18\r\n4\ttable\t7\r\n'
ALIGNMENT = np.array([[0.0, 1, 0, 2], [-1, 0, 0, 3], [0, 0, 1, -1], [0, 0, 0, 1]])
SIDE = 6  # vertices along each side of a patch


def patch(corner: Sequence[float], first: Sequence[float], second: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """Square patch of triangles: vertices [36, 3] and faces [50, 3]."""
    steps = np.linspace(0, 1, SIDE)
    u, v = np.meshgrid(steps, steps, indexing='ij')
    vertices = np.array(corner) + u.reshape(-1, 1) * np.array(first) + v.reshape(-1, 1) * np.array(second)
    low = (np.arange(SIDE - 1)[:, None] * SIDE + np.arange(SIDE - 1)).reshape(-1)
    faces = np.concatenate([np.stack([low, low + SIDE, low + 1], 1), np.stack([low + 1, low + SIDE, low + SIDE + 1], 1)])
    return vertices, faces


def scan_mesh() -> PlyMesh:
    """One patch per label, not connected to each other."""
    directions = [((1, 0, 0), (0, 1, 0))] + [((0, 1, 0), (0, 0, 1))] * (len(LABELS) - 1)
    parts = [patch((2 * i, 0, 0), *direction) for i, direction in enumerate(directions)]
    vertices = np.concatenate([vertices for vertices, _ in parts]).astype(np.float32)
    faces = np.concatenate([faces + i * SIDE**2 for i, (_, faces) in enumerate(parts)])
    colors = np.random.default_rng(0).integers(0, 256, vertices.shape, dtype=np.uint8)
    return PlyMesh(vertices, colors, faces)


def groups() -> list[dict[str, object]]:
    """Segment groups of the mesh: patch i is object i, its halves are the segments 10 i and 10 i + 1."""
    return [{'id': i, 'objectId': i, 'label': label, 'segments': [10 * i, 10 * i + 1]} for i, label in enumerate(LABELS)]


def write_scan(scans: Path, scene_id: str, annotated: bool = True) -> Path:
    """Write a scan below ``scans`` and return its folder."""
    folder = scans / scene_id
    folder.mkdir(parents=True)
    mesh = scan_mesh()
    write_ply(folder / f'{scene_id}_vh_clean_2.ply', mesh)
    if annotated:
        vertex = np.arange(len(mesh.vertices))
        segments = 10 * (vertex // SIDE**2) + (vertex % SIDE**2) // (SIDE**2 // 2)
        write_json(folder / f'{scene_id}_vh_clean_2.0.010000.segs.json', {'segIndices': segments.tolist()})
        write_json(folder / f'{scene_id}.aggregation.json', {'segGroups': groups()})
        numbers = ' '.join(f'{value:f}' for value in ALIGNMENT.reshape(-1))
        (folder / f'{scene_id}.txt').write_text(f'sceneType = Office \naxisAlignment = {numbers} \n')
    return folder


def write_scannet(root: Path, train: Sequence[str] = ('scene0000_00',), val: Sequence[str] = ('scene0001_00',)) -> Path:
    """Raw data set with these annotated scans and one test scan; returns ``root``."""
    for scene_id in (*train, *val):
        write_scan(root / 'scans', scene_id)
    write_scan(root / 'scans_test', 'scene0700_00', annotated=False)
    meta = root / 'meta_data'
    meta.mkdir()
    lists = {
        'scannetv2_train': train,
        'scannetv2_val': val,
        'scannetv2_test': ('scene0700_00',),
        'scannet_train': (*train, *val),
    }
    for name, scenes in lists.items():
        (meta / f'{name}.txt').write_text(''.join(f'{scene}\n' for scene in scenes))
    (meta / 'scannetv2-labels.combined.tsv').write_text(LABEL_MAP, newline='')
    return root


def write_json(path: Path, content: object) -> None:
    """Write ``content`` as JSON."""
    path.write_text(json.dumps(content))
