"""A tiny prepared data set on disk, as tools/create_data.py leaves it, with ways to break it."""

from pathlib import Path

import numpy as np

from uniseg3d.io.arrays import write_bin, write_npz
from uniseg3d.io.infos import InstanceBox, ObjectText, SceneInfo, write_infos

WALL, FLOOR, CHAIR, TABLE, UNUSED = 1, 2, 5, 7, 20  # nyu40 ids; 20 is none of the 20 classes
SCANNET200 = {WALL: 1, FLOOR: 3, CHAIR: 2, TABLE: 4, UNUSED: 1300}  # the same categories there; 1300 is none of the 200
NAME = 'room0000_00'


def prepared_arrays(seed=0, count=400):
    """A floor, a wall, two chairs, a table and clutter, each in superpoints of its own; arrays as they are stored."""
    rng = np.random.default_rng(seed)
    part = np.sort(rng.integers(0, 6, count))  # floor, wall, chair, chair, table, clutter
    part[:6] = np.arange(6)
    xyz = rng.random((count, 3)) * 0.8 + np.array([[0, 0, 0], [3, 0, 0], [1, 1, 0], [1, 3, 0], [2, 2, 0], [3, 3, 0]])[part]
    color = rng.integers(0, 256, (count, 3))
    cell = part * 2 + (xyz[:, 1] % 1 > 0.4)
    return {
        'points': np.concatenate([xyz, color], axis=1).astype(np.float32),
        'super_points': np.unique(cell, return_inverse=True)[1],
        'instance_mask': np.array([1, 2, 3, 5, 8, 0])[part],
        'semantic_mask': np.array([FLOOR, WALL, CHAIR, CHAIR, TABLE, UNUSED])[part],
    }


def scene_info(name=NAME, count=400, labelled=True):
    """The entry of the info file that goes with :func:`prepared_arrays`."""
    return SceneInfo(
        scene_id=name,
        points_path=f'{name}.bin',
        superpoints_path=f'{name}.bin',
        instance_mask_path=f'{name}.bin' if labelled else None,
        semantic_mask_path=f'{name}.bin' if labelled else None,
        instances=[InstanceBox(label, np.zeros(3), np.ones(3), i) for i, label in ((2, 2), (4, 2), (7, 4))] if labelled else [],
        texts=[sentences(2, 2, 3), sentences(7, 4, 1)] if labelled else [],
        pseudo_masks_path=f'{name}.npz' if labelled else None,
        num_points=count,
    )


def sentences(object_id, label, count):
    """Texts of one object with tokens that say where they come from."""
    tokens = np.zeros((count, 77), dtype=np.int64)
    tokens[:, 0], tokens[:, 1], tokens[:, 2], tokens[:, 3] = 49406, object_id + 1, np.arange(count) + 1, 49407
    return ObjectText(object_id, label, [f'object {object_id}, sentence {row}' for row in range(count)], tokens)


def write_scene(root, name=NAME, seed=0, labelled=True, count=400, **replaced):
    """Write one scene below ``root``; ``replaced`` overrides arrays by folder name. Returns its info."""
    arrays = prepared_arrays(seed, count)
    fine = np.array([SCANNET200[number] for number in arrays['semantic_mask'].tolist()])
    arrays |= {'semantic_mask_200': fine} | replaced
    for folder, array in arrays.items():
        if labelled or folder in ('points', 'super_points'):
            write_bin(Path(root) / folder / f'{name}.bin', array, np.float32 if folder == 'points' else np.int64)
    clutter = arrays['semantic_mask'] == UNUSED
    write_npz(Path(root) / 'pseudo_masks' / f'{name}.npz', masks=np.stack([clutter, ~clutter]))
    return scene_info(name, len(arrays['points']), labelled)


def write_dataset(root, scenes=3, unlabelled=0, count=400):
    """Write scenes of ``count`` points and their info file ``infos.json``; the last ``unlabelled`` ones have no labels."""
    infos = [write_scene(root, f'room{i:04d}_00', i, i < scenes - unlabelled, count) for i in range(scenes)]
    write_infos(Path(root) / 'infos.json', infos, 'rooms', {})
    return infos


def loaded_sample(seed=0, **changes):
    """The sample dictionary after LoadScene and MapSemantic, without files."""
    arrays = prepared_arrays(seed)
    table = {WALL: 0, FLOOR: 1, CHAIR: 4, TABLE: 6, UNUSED: 20}
    sample = {
        'scene_id': NAME,
        'info': scene_info(),
        'rng': np.random.default_rng(seed),
        'xyz': arrays['points'][:, :3],
        'color': arrays['points'][:, 3:],
        'origin': np.zeros(3),
        'rows': None,
        'superpoints': arrays['super_points'],
        'instance_ids': arrays['instance_mask'],
        'semantic': np.array([table[raw] for raw in arrays['semantic_mask']]),
        'novel_masks': None,
    }
    return sample | changes
