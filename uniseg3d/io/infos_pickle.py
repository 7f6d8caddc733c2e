"""Info pickles of the original UniSeg3D. The unpickler is restricted; keys of texts are parsed as numbers, not evaluated."""

import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from uniseg3d.io.fields import Fields, describe
from uniseg3d.io.infos_json import LARGEST_ID, THINGS
from uniseg3d.io.scene_info import LARGEST_TOKEN, TOKEN_LENGTH, InstanceBox, ObjectText, SceneInfo
from uniseg3d.utils.files import write_bytes


def scene_from_pickle(entry: Fields) -> SceneInfo:
    """Typed form of one entry of the original's ``data_list``."""
    points = Fields(entry.raw('lidar_points'), f'{entry.where}, lidar_points').file_name('lidar_path')
    return SceneInfo(
        scene_id=points.rsplit('/', 1)[-1].removesuffix('.bin'),
        points_path=points,
        superpoints_path=entry.file_name('super_pts_path'),
        instance_mask_path=entry.file_name('pts_instance_mask_path') if entry.has('pts_instance_mask_path') else None,
        semantic_mask_path=entry.file_name('pts_semantic_mask_path') if entry.has('pts_semantic_mask_path') else None,
        axis_align_matrix=entry.numbers('axis_align_matrix', (4, 4)) if entry.has('axis_align_matrix') else np.eye(4),
        instances=[_box(record) for record in entry.records('instances')] if entry.has('instances') else [],
        texts=_texts(entry) if entry.has('text_info') else [],
        novel_superpoint_masks=_novel_masks(entry) if entry.has('sam3d_pseudo_sp_masks') else None,
    )


def write_pickle(path: Path, entries: Sequence[dict[str, Any]], dataset: str, categories: Mapping[str, int]) -> None:
    """Write entries of :func:`scene_to_pickle` as one file; it holds plain data, numpy arrays and tensors only."""
    metainfo = {'categories': dict(categories), 'dataset': dataset, 'info_version': '1.1'}
    write_bytes(path, pickle.dumps({'metainfo': metainfo, 'data_list': list(entries)}))


def scene_to_pickle(info: SceneInfo, points: Mapping[int, np.ndarray], novel: np.ndarray) -> dict[str, Any]:
    """Entry of the original's ``data_list``; the inverse of :func:`scene_from_pickle`.

    ``points``: indices of the points of each described object, by its id; ``novel`` [u, M] bool. The original knows sentences
    about one object only, so others are left out.
    """
    return {
        'lidar_points': {'num_pts_feats': 6, 'lidar_path': info.points_path},
        'pts_semantic_mask_path': info.semantic_mask_path,
        'pts_instance_mask_path': info.instance_mask_path,
        'super_pts_path': info.superpoints_path,
        'axis_align_matrix': info.axis_align_matrix.tolist(),
        'instances': [
            {'bbox_3d': [*box.center.tolist(), *box.size.tolist()], 'bbox_label_3d': box.label} for box in info.instances
        ],
        'text_info': {
            str(text.object_id): _text_entry(text, points[text.object_id]) for text in info.texts if text.object_id >= 0
        },
        'sam3d_pseudo_sp_masks': torch.from_numpy(novel),
    }


def _text_entry(text: ObjectText, points: np.ndarray) -> dict[str, Any]:
    return {'text': text.sentences, 'text_token': list(text.tokens), 'label_id': text.label, 'pts_id': points}


def _box(record: Fields) -> InstanceBox:
    box = record.numbers('bbox_3d', (6,))
    return InstanceBox(label=record.integer('bbox_label_3d', 0, THINGS - 1), center=box[:3], size=box[3:])


def _texts(entry: Fields) -> list[ObjectText]:
    texts = Fields(entry.raw('text_info'), f'{entry.where}, text_info')
    return [_text(Fields(record, f'{texts.where}[{key}]'), _object_id(texts, key)) for key, record in texts.record.items()]


def _object_id(texts: Fields, key: Any) -> int:
    if isinstance(key, int) and key >= 0:
        return key
    if isinstance(key, str) and key.isascii() and key.isdigit():
        return int(key)
    raise texts.wrong(str(key), 'named by a decimal object id', f'the key {describe(key)}')


def _text(record: Fields, object_id: int) -> ObjectText:
    sentences = record.strings('text')
    rows = record.sequence('text_token')
    if not sentences or len(rows) != len(sentences):
        raise record.wrong('text_token', f'one row per sentence ({len(sentences)}, at least 1)', f'{len(rows)} rows')
    return ObjectText(
        object_id=object_id,
        label=record.integer('label_id', 0, THINGS - 1),
        sentences=sentences,
        tokens=np.stack([_token_row(record, row) for row in rows]),
        point_ids=_indices(record, 'pts_id', record.raw('pts_id')) if record.has('pts_id') else None,
    )


def _token_row(record: Fields, row: Any) -> np.ndarray:
    tokens = _indices(record, 'text_token', row)
    if len(tokens) != TOKEN_LENGTH:
        raise record.wrong('text_token', f'rows of {TOKEN_LENGTH} token ids', f'a row of {len(tokens)}')
    if tokens.max() > LARGEST_TOKEN:
        raise record.wrong('text_token', f'token ids from 0 to {LARGEST_TOKEN}', f'the id {tokens.max()}')
    return tokens


def _indices(record: Fields, name: str, value: Any) -> np.ndarray:
    """Flat int64 array from a list, an array or a tensor."""
    array = np.asarray(value)
    if array.ndim > 1:
        array = array.squeeze()
    if array.ndim != 1 or (array.size and (array.dtype.kind not in 'iu' or array.min() < 0 or array.max() > LARGEST_ID)):
        raise record.wrong(name, 'a row of integers that are not negative', f'{array.dtype} of shape {array.shape}')
    return array.astype(np.int64)


def _novel_masks(entry: Fields) -> np.ndarray:
    masks = np.asarray(entry.raw('sam3d_pseudo_sp_masks'))
    if masks.ndim != 2 or (masks.dtype != bool and not np.isin(masks, (0, 1)).all()):
        raise entry.wrong('sam3d_pseudo_sp_masks', 'a bool mask [n, M]', f'{masks.dtype} of shape {masks.shape}')
    return masks.astype(bool)
