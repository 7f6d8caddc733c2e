"""Every config of PanSt3R, which also tells things apart."""

from pathlib import Path

import pytest
from view_configs import PANOPTIC_CONFIGS
from view_training import train_and_test, walks, work_dir

__all__ = ['walks', 'work_dir']  # fixtures


@pytest.mark.parametrize('path', PANOPTIC_CONFIGS, ids=lambda path: path.stem)
def test_a_config_trains_and_tests(path: Path, walks: Path, work_dir: Path) -> None:
    train_and_test(path, walks, work_dir)
