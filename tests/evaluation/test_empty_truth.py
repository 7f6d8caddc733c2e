from pathlib import Path

import numpy as np
import pytest
from scene_files import SCANNET200, prepared_arrays, sentences, write_scene

from uniseg3d.evaluation.empty_truth import EmptyTruth, empty_truth
from uniseg3d.io.infos import ObjectText, write_infos
from uniseg3d.utils.errors import DataError


def drowned() -> np.ndarray:
    """Superpoints in which chair 4 is lost: its points share one with the larger table."""
    arrays = prepared_arrays()
    parts = [*np.flatnonzero(arrays['instance_mask'] == 5)[:20], *np.flatnonzero(arrays['instance_mask'] == 8)]
    ids = arrays['instance_mask'].copy()
    ids[arrays['instance_mask'] == 5] = 0
    ids[parts] = 9
    return np.unique(ids, return_inverse=True)[1]


@pytest.mark.parametrize('workers', [1, 2])
def test_objects_and_sentences_without_a_superpoint_are_counted_by_split(tmp_path: Path, workers: int) -> None:
    first, second = write_scene(tmp_path, 'a', super_points=drowned()), write_scene(tmp_path, 'b')
    nobody = ObjectText.about((), -1, ['a sofa'], np.ones((1, 77), np.int64), [])  # its mask is rightly empty
    first.texts = [sentences(4, 2, 2), sentences(7, 4, 1), nobody]
    write_infos(tmp_path / 'x_infos_train.json', [first, second], 'rooms', {})
    write_infos(tmp_path / 'x_infos_test.json', [write_scene(tmp_path, 'c', labelled=False)], 'rooms', {})
    counts = empty_truth(tmp_path, workers=workers)
    assert counts == {'x_infos_test.json': EmptyTruth(), 'x_infos_train.json': EmptyTruth(6, 1, 3 + 4, 2)}
    assert '1 of 6 objects (16.7 %), and 2 of 7 sentences (28.6 %)' in str(counts['x_infos_train.json'])
    assert '0 of 0 objects (0.0 %)' in str(EmptyTruth())


def test_scannet200_ids_give_the_same_counts(tmp_path: Path) -> None:
    semantic = np.array([SCANNET200[raw] for raw in prepared_arrays()['semantic_mask']])
    info = write_scene(tmp_path, super_points=drowned(), semantic_mask=semantic)
    write_infos(tmp_path / 'x_infos_val.json', [info], 'rooms', {})
    assert empty_truth(tmp_path, scannet200=True) == {'x_infos_val.json': EmptyTruth(3, 1, 4, 0)}


def test_folder_without_info_files_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r'create_data\.py'):
        empty_truth(tmp_path)
