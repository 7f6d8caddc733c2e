"""Info files in this package's own schema: JSON, readable by anybody, nothing in it can run.

::

    {"metainfo": {"schema": "uniseg3d-infos-1", "dataset": "rooms", "categories": {name: index of the 18 things}},
     "data_list": [{"scene_id", "num_points", "points_path", "superpoints_path",
                    "instance_mask_path": null for unlabelled scenes, "semantic_mask_path": likewise,
                    "axis_align_matrix": 4x4, "instances": [{"object_id", "label", "center": [3], "size": [3],
                                   "name": str, only where it is known}],
                    "texts": [{"object_id", "label", "sentences": [str], "tokens": [[ids without zero padding]],
                               "kinds": [str], only where they are known}],
                              sentences about several objects or none have "object_ids": [ids] for "object_id",
                              and the label -1 where these are not of one class
                    "pseudo_masks_path": "scene.npz" or null}]}
"""

from typing import Any

import numpy as np

from uniseg3d.io.fields import Fields, describe
from uniseg3d.io.scene_info import LARGEST_TOKEN, TOKEN_LENGTH, InstanceBox, ObjectText, SceneInfo

SCHEMA = 'uniseg3d-infos-1'
THINGS = 18
LARGEST_ID = 2**31 - 1


def scene_from_json(entry: Fields, things: int = THINGS) -> SceneInfo:
    """Typed form of one entry of ``data_list``; ``things``: how many classes of objects the data set has."""
    return SceneInfo(
        scene_id=entry.text('scene_id'),
        points_path=entry.file_name('points_path'),
        superpoints_path=entry.file_name('superpoints_path'),
        instance_mask_path=_optional_file(entry, 'instance_mask_path'),
        semantic_mask_path=_optional_file(entry, 'semantic_mask_path'),
        axis_align_matrix=entry.numbers('axis_align_matrix', (4, 4)) if entry.has('axis_align_matrix') else np.eye(4),
        instances=[_box(record, things) for record in entry.records('instances')],
        texts=[_text(record) for record in entry.records('texts')],
        pseudo_masks_path=_optional_file(entry, 'pseudo_masks_path'),
        num_points=entry.integer('num_points', 1, LARGEST_ID) if entry.has('num_points') else None,
    )


def scene_to_json(info: SceneInfo) -> dict[str, Any]:
    """Entry of ``data_list`` for a scene; the inverse of :func:`scene_from_json`."""
    return {
        'scene_id': info.scene_id,
        'num_points': info.num_points,
        'points_path': info.points_path,
        'superpoints_path': info.superpoints_path,
        'instance_mask_path': info.instance_mask_path,
        'semantic_mask_path': info.semantic_mask_path,
        'axis_align_matrix': info.axis_align_matrix.tolist(),
        'instances': [_box_to_json(box) for box in info.instances],
        'texts': [_text_to_json(text) for text in info.texts],
        'pseudo_masks_path': info.pseudo_masks_path,
    }


def _box_to_json(box: InstanceBox) -> dict[str, Any]:
    record = {'object_id': box.object_id, 'label': box.label, 'center': box.center.tolist(), 'size': box.size.tolist()}
    return record | ({'name': box.name} if box.name else {})


def _text_to_json(text: ObjectText) -> dict[str, Any]:
    who = {'object_id': text.object_id} if text.object_id >= 0 else {'object_ids': list(text.object_ids)}
    record = who | {
        'label': text.label,
        'sentences': text.sentences,
        'tokens': [np.trim_zeros(row, 'b').tolist() for row in text.tokens],
    }
    return record | ({'kinds': text.kinds} if text.kinds else {})


def _optional_file(entry: Fields, name: str) -> str | None:
    return entry.file_name(name) if entry.has(name) else None


def _box(record: Fields, things: int) -> InstanceBox:
    return InstanceBox(
        label=record.integer('label', 0, things - 1),
        center=record.numbers('center', (3,)),
        size=record.numbers('size', (3,)),
        object_id=record.integer('object_id', 0, LARGEST_ID) if record.has('object_id') else None,
        name=record.text('name') if record.has('name') else '',
    )


def _text(record: Fields) -> ObjectText:
    sentences = record.strings('sentences')
    rows = record.sequence('tokens')
    if not sentences or len(rows) != len(sentences):
        raise record.wrong('tokens', f'one row per sentence ({len(sentences)}, at least 1)', f'{len(rows)} rows')
    kinds = record.strings('kinds') if record.has('kinds') else []
    if kinds and len(kinds) != len(sentences):
        raise record.wrong('kinds', f'one word per sentence ({len(sentences)})', f'{len(kinds)} entries')
    tokens = np.stack([_token_row(record, row, index) for index, row in enumerate(rows)])
    if record.has('object_ids'):
        return ObjectText.about(_object_ids(record), record.integer('label', -1, THINGS - 1), sentences, tokens, kinds)
    object_id, label = record.integer('object_id', 0, LARGEST_ID), record.integer('label', 0, THINGS - 1)
    return ObjectText(object_id, label, sentences, tokens, kinds=kinds)


def _object_ids(record: Fields) -> tuple[int, ...]:
    """Ids of several objects or none, increasing."""
    ids = record.sequence('object_ids')
    if any(type(number) is not int or not 0 <= number <= LARGEST_ID for number in ids) or len(set(ids)) < len(ids):
        raise record.wrong('object_ids', 'a list of different object ids (0, 1, 2, ...)')
    return tuple(sorted(ids))


def _token_row(record: Fields, row: Any, index: int) -> np.ndarray:
    """Zero-padded row [77] int64."""
    valid = isinstance(row, list) and all(type(token) is int and 0 <= token <= LARGEST_TOKEN for token in row)
    if not valid or not 1 <= len(row) <= TOKEN_LENGTH:
        got = f'{describe(row)} in row {index}'
        raise record.wrong('tokens', f'rows of 1 to {TOKEN_LENGTH} token ids from 0 to {LARGEST_TOKEN}', got)
    padded = np.zeros(TOKEN_LENGTH, dtype=np.int64)
    padded[: len(row)] = row
    return padded
