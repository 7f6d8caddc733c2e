"""Every config of a network that looks at pairs or remembers photos: DUSt3R, MASt3R, MUSt3R."""

from pathlib import Path

import pytest
from view_configs import PAIR_CONFIGS
from view_training import train_and_test, walks, work_dir

__all__ = ['walks', 'work_dir']  # fixtures


@pytest.mark.parametrize('path', PAIR_CONFIGS, ids=lambda path: path.stem)
def test_a_config_trains_and_tests(path: Path, walks: Path, work_dir: Path) -> None:
    train_and_test(path, walks, work_dir)
