"""The cache finds what it stored, and nothing else."""

from pathlib import Path

import numpy as np
import pytest

from uniseg3d.superpoints.cache import cached_superpoints, content_key

XYZ = np.arange(12.0).reshape(4, 3)
IDS = np.array([0, 0, 1, 1])


def must_not_run() -> np.ndarray:
    raise AssertionError('the entry was not found')


def test_the_second_time_nothing_is_computed(tmp_path: Path) -> None:
    assert cached_superpoints(tmp_path, [XYZ], {'k': 1}, lambda: IDS) is IDS
    assert cached_superpoints(tmp_path, [XYZ], {'k': 1}, must_not_run).tolist() == IDS.tolist()


@pytest.mark.parametrize(
    ('inputs', 'options'),
    [
        ([XYZ + 1], {'k': 1}),
        ([XYZ.astype(np.float32)], {'k': 1}),
        ([XYZ.reshape(3, 4)], {'k': 1}),
        ([XYZ], {'k': 2}),
        ([XYZ, XYZ], {'k': 1}),
    ],
)
def test_other_content_or_parameters_are_other_entries(inputs: list[np.ndarray], options: dict[str, int]) -> None:
    assert content_key(inputs, options) != content_key([XYZ], {'k': 1})


def test_a_damaged_entry_is_made_again(tmp_path: Path) -> None:
    cached_superpoints(tmp_path, [XYZ], None, lambda: IDS)
    entry = next(tmp_path.glob('*.npy'))
    entry.write_bytes(entry.read_bytes()[:40])
    assert cached_superpoints(tmp_path, [XYZ], None, lambda: IDS).tolist() == IDS.tolist()
    assert cached_superpoints(tmp_path, [XYZ], None, must_not_run).tolist() == IDS.tolist()
