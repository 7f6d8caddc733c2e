"""A room's scan in the raw formats of S3DIS, Replica and ScanNet++."""

import json
from pathlib import Path

import numpy as np

from uniseg3d.io.ply import PlyMesh, write_ply
from uniseg3d.io.scannet import RawScan

S3DIS_NAMES = {'wall', 'floor', 'window', 'door', 'table', 'chair', 'sofa'}
SCANNETPP_NAMES = {'window': 'window', 'desk': 'table', 'lamp': 'None'}  # what the map says; others keep their names


def objects_of(scan: RawScan) -> tuple[np.ndarray, list[str]]:
    """Object of each vertex [N], -1 = none, and what the objects are called."""
    annotation = scan.annotation
    objects = np.full(len(scan.vertices), -1)
    for group in annotation.groups:
        objects[np.isin(annotation.segments, group.segments)] = group.object_id
    return objects, [group.label for group in sorted(annotation.groups, key=lambda group: group.object_id)]


def write_s3dis_room(folder: Path, scan: RawScan) -> None:
    """One text file for each object; other names become ``stairs``, which the list lacks. One line holds a NUL."""
    (folder / 'Annotations').mkdir(parents=True)
    objects, names = objects_of(scan)
    for number in np.unique(objects).tolist():
        name = names[number] if number >= 0 and names[number] in S3DIS_NAMES else 'stairs'
        rows = np.concatenate([scan.vertices, scan.colors], axis=1)[objects == number]
        lines = [f'{x:.3f} {y:.3f} {z:.3f} {r:.0f} {g:.0f} {b:.0f}' for x, y, z, r, g, b in rows.tolist()]
        if name == 'floor':
            lines[1] = lines[1].replace(' ', '\0', 1)
        (folder / 'Annotations' / f'{name}_{number + 2}.txt').write_text('\n'.join(lines) + '\n')


def write_replica_scene(folder: Path, scan: RawScan, class_of: dict[str, int]) -> None:
    """A mesh whose faces, among them a quad, name their object; the first object is not listed."""
    (folder / 'habitat').mkdir(parents=True)
    objects, names = objects_of(scan)
    faces = [face.tolist() for face in scan.faces]
    faces[0] = [*faces[0], faces[0][0]]
    head = ['ply', 'format ascii 1.0', f'element vertex {len(scan.vertices)}']
    head += [f'property float {axis}' for axis in 'xyz'] + [f'property uchar {color}' for color in ('red', 'green', 'blue')]
    head += [f'element face {len(faces)}', 'property list uchar int vertex_indices', 'property int object_id', 'end_header']
    points = [
        ' '.join(map(str, [*xyz, *color])) for xyz, color in zip(scan.vertices.tolist(), scan.colors.tolist(), strict=True)
    ]
    rows = [' '.join(map(str, [len(face), *face, objects[face[-1]]])) for face in faces]
    (folder / 'habitat' / 'mesh_semantic.ply').write_text('\n'.join([*head, *points, *rows]) + '\n')
    listed = [{'id': i, 'class_id': class_of.get(name, -1), 'class_name': name} for i, name in enumerate(names)]
    (folder / 'habitat' / 'info_semantic.json').write_text(json.dumps({'objects': listed[1:]}))


def write_scannetpp_scene(root: Path, name: str, scan: RawScan, annotated: bool = True) -> None:
    """Mesh, segments and groups; the last group covers the whole scene, so that all others overlap with it."""
    folder = root / 'data' / name / 'scans'
    folder.mkdir(parents=True)
    write_ply(folder / 'mesh_aligned_0.05.ply', PlyMesh(scan.vertices, scan.colors, scan.faces))
    if annotated:
        segments = scan.annotation.segments
        groups = [
            {'id': g.object_id + 1, 'objectId': g.object_id + 1, 'label': g.label, 'segments': g.segments.tolist()}
            for g in scan.annotation.groups
        ]
        groups.append({'id': 0, 'objectId': 0, 'label': 'ceiling', 'segments': np.unique(segments).tolist()})
        (folder / 'segments.json').write_text(json.dumps({'segIndices': segments.tolist()}))
        (folder / 'segments_anno.json').write_text(json.dumps({'segGroups': groups}))


def write_scannetpp_lists(root: Path, splits: dict[str, list[str]]) -> None:
    """The scene lists and the map of names."""
    (root / 'splits').mkdir()
    for file, names in splits.items():
        (root / 'splits' / f'{file}.txt').write_text(''.join(f'{name}\n' for name in names))
    folder = root / 'metadata' / 'semantic_benchmark'
    folder.mkdir(parents=True)
    rows = [f'{name},1,{target},{target}' for name, target in SCANNETPP_NAMES.items()]
    (folder / 'map_benchmark.csv').write_text(
        '\n'.join(['class,count,semantic_map_to,instance_map_to', 'chair,9,,', *rows]) + '\n'
    )
