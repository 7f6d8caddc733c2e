"""Running averages on disk."""

import pytest
import torch

from uniseg3d.models.systems.sas_history import FeatureHistory
from uniseg3d.utils.errors import DataError


def test_averages_are_kept_and_moved(tmp_path):
    history = FeatureHistory(tmp_path, momentum=0.75)
    history.start('a', torch.zeros(3, 2))
    history.start('a', torch.ones(3, 2))  # a second start, after an interruption, changes nothing
    torch.testing.assert_close(history.update('a', torch.ones(3, 2)), torch.full((3, 2), 0.25))
    again = FeatureHistory(tmp_path, momentum=0.75)  # another process
    torch.testing.assert_close(again.update('a', torch.ones(3, 2)), torch.full((3, 2), 0.4375))


def test_float16_forgets_small_steps(tmp_path):
    averages = [FeatureHistory(tmp_path / kind, 0.9999, kind) for kind in ('float16', 'float32')]
    for history in averages:
        history.start('a', torch.ones(1, 4))
        for _ in range(20):
            last = history.update('a', torch.zeros(1, 4))
        assert last.dtype == history.dtype
        assert (last == 1).all() == (history.dtype == torch.float16)


def test_what_does_not_fit(tmp_path):
    history = FeatureHistory(tmp_path)
    with pytest.raises(DataError, match='scene b has no history'):
        history.update('b', torch.zeros(1, 1))
    history.start('a', torch.zeros(2, 2))
    with pytest.raises(DataError, match='delete the folder'):
        history.update('a', torch.zeros(3, 2))
    for options in ({'momentum': 1.5}, {'dtype': 'int8'}):
        with pytest.raises(DataError, match='history has momentum'):
            FeatureHistory(tmp_path, **options)
