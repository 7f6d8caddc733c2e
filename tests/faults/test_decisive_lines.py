"""Lines that a mistake made on purpose (tools/mutate.py) showed nobody to look at."""

from pathlib import Path

import numpy as np
import pytest

from uniseg3d.evaluation.functional.panoptic import panoptic_counts
from uniseg3d.evaluation.functional.scene_truth import SceneTruth
from uniseg3d.io.ply import read_ply
from uniseg3d.utils.errors import FileFormatError
from uniseg3d.utils.restricted_pickle import RefusedPickleError, _dtype, _encode


def test_a_negative_count_in_a_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / 'a.ply'
    path.write_bytes(b'ply\nformat ascii 1.0\nelement vertex -1\nproperty float x\nend_header\n')
    with pytest.raises(FileFormatError, match=r'element vertex -1.*negative count'):
        read_ply(path)


def test_raw_memory_is_no_type_of_plain_data() -> None:
    with pytest.raises(RefusedPickleError, match='V8'):
        _dtype('V8')


def test_bytes_come_by_one_codec_only() -> None:
    assert _encode('é', 'latin1') == b'\xe9'
    with pytest.raises(RefusedPickleError, match='utf_7'):
        _encode('é', 'utf_7')


def test_half_of_an_object_is_not_the_object() -> None:
    ids, chair = np.array([0, 0, 1, 1]), np.full(4, 2)
    truth = SceneTruth.count(ids, chair, np.zeros(4, np.int64))
    counts = panoptic_counts(np.array([2, 4]), np.array([7, 0]), truth, 4, (0, 1))
    assert counts.tp.sum() == 0 and counts.fp[2] == counts.fn[2] == 1
