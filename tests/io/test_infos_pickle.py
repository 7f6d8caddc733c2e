"""The original's info pickles: read without running anything in them."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from uniseg3d.io.infos import read_infos
from uniseg3d.utils.errors import DataError, FileFormatError


def row(*ids: int) -> np.ndarray:
    return np.array([*ids, *[0] * (77 - len(ids))])


def entry(**changes: Any) -> dict[str, Any]:
    """One scene as the original's dictionary has it."""
    text = {
        'text': ['a chair', 'the chair'],
        'text_token': [row(49406, 5, 49407), torch.from_numpy(row(49406, 6, 49407)).int()],
        'label_id': 2,
        'pts_id': np.array([3, 4, 9]),
    }
    return {
        'lidar_points': {'num_pts_feats': 6, 'lidar_path': 'scene0011_00.bin'},
        'pts_semantic_mask_path': 'scene0011_00.bin',
        'pts_instance_mask_path': 'scene0011_00.bin',
        'super_pts_path': 'scene0011_00.bin',
        'axis_align_matrix': np.eye(4).tolist(),
        'instances': [{'bbox_3d': [0, 1, 2, 3, 4, 5], 'bbox_label_3d': 7}],
        'text_info': {'12': text},
        'sam3d_pseudo_sp_masks': torch.tensor([[True, False, True]]),
        **changes,
    }


def write(path: Path, *entries: dict[str, Any]) -> Path:
    metainfo = {'categories': {'chair': 2}, 'dataset': 'scannet', 'info_version': '1.1'}
    path.write_bytes(pickle.dumps({'metainfo': metainfo, 'data_list': list(entries)}))
    return path


def test_everything_is_typed(tmp_path: Path) -> None:
    (info,) = read_infos(write(tmp_path / 'uniseg3d_infos_train.pkl', entry()))
    assert (info.scene_id, info.points_path, info.superpoints_path) == ('scene0011_00', *['scene0011_00.bin'] * 2)
    assert info.instance_mask_path == info.semantic_mask_path == 'scene0011_00.bin'
    assert (info.instances[0].label, info.instances[0].object_id) == (7, None)
    assert info.instances[0].size.tolist() == [3, 4, 5]
    (text,) = info.texts
    assert (text.object_id, text.label, text.sentences) == (12, 2, ['a chair', 'the chair'])
    assert text.tokens.shape == (2, 77)
    assert text.tokens.dtype == np.int64
    assert text.tokens[1, :3].tolist() == [49406, 6, 49407]
    assert text.point_ids is not None
    assert text.point_ids.tolist() == [3, 4, 9]
    assert info.novel_superpoint_masks is not None
    assert info.novel_superpoint_masks.dtype == bool
    assert info.novel_superpoint_masks.tolist() == [[True, False, True]]
    assert info.num_points is None


def test_absent_parts_stay_empty(tmp_path: Path) -> None:
    bare = {'lidar_points': {'lidar_path': 'a.bin'}, 'super_pts_path': 'a.bin', 'text_info': {}}
    (info,) = read_infos(write(tmp_path / 'i.pkl', bare))
    assert (info.texts, info.instances, info.instance_mask_path, info.novel_superpoint_masks) == ([], [], None, None)
    assert np.array_equal(info.axis_align_matrix, np.eye(4))


@pytest.mark.parametrize(('n', 'm'), [(0, 5), (3, 1)])
def test_mask_sizes(tmp_path: Path, n: int, m: int) -> None:
    (info,) = read_infos(write(tmp_path / 'i.pkl', entry(sam3d_pseudo_sp_masks=torch.zeros(n, m, dtype=torch.bool))))
    assert info.novel_superpoint_masks is not None
    assert info.novel_superpoint_masks.shape == (n, m)


def text_with(**changes: Any) -> dict[str, Any]:
    return {'text_info': {'12': {**entry()['text_info']['12'], **changes}}}


@pytest.mark.parametrize(
    ('changes', 'words'),
    [
        ({'text_info': {'__import__("os").getpid()': {}}}, 'decimal object id'),
        ({'text_info': {'-1': {}}}, 'decimal object id'),
        ({'text_info': {'²': {}}}, 'decimal object id'),
        (text_with(text_token=[row(1), row(2)[:70]]), 'rows of 77 token ids, got a row of 70'),
        (text_with(text_token=[row(1)]), 'one row per sentence'),
        (text_with(text_token=[row(1), row(49408)]), 'token ids from 0 to 49407, got the id 49408'),
        (text_with(text_token=[row(1), row(2) + 0.5]), 'row of integers'),
        (text_with(label_id=18), 'from 0 to 17'),
        (text_with(pts_id=np.array([-4])), 'not negative'),
        ({'lidar_points': {'lidar_path': '../../x.bin'}}, 'lidar_points: field "lidar_path"'),
        ({'lidar_points': None}, 'named fields'),
        ({'sam3d_pseudo_sp_masks': torch.zeros(3)}, 'bool mask'),
        ({'sam3d_pseudo_sp_masks': torch.full((2, 2), 0.5)}, 'bool mask'),
        ({'instances': [{'bbox_3d': [1, 2], 'bbox_label_3d': 1}]}, 'bbox_3d'),
    ],
)
def test_wrong_fields_are_named(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(FileFormatError, match=r'i\.pkl, data_list\[1\]') as caught:
        other = entry(lidar_points={'lidar_path': 'scene0012_00.bin'})
        read_infos(write(tmp_path / 'i.pkl', other, entry(**changes)))
    assert words in str(caught.value)


class Payload:
    """Pickles as a call of ``touch`` on a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return Path.touch, (self.path,)


def test_hostile_pickle_runs_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / 'i.pkl', entry(extra=Payload(tmp_path / 'touched')))
    with pytest.raises(DataError):
        read_infos(path)
    assert not (tmp_path / 'touched').exists()


def test_truncated_pickle_is_a_format_error(tmp_path: Path) -> None:
    path = write(tmp_path / 'i.pkl', entry())
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(FileFormatError):
        read_infos(path)
