"""Every config of Point3R, which looks at one frame after the other."""

from pathlib import Path

import pytest
from view_configs import STREAM_CONFIGS
from view_training import train_and_test, walks, work_dir

__all__ = ['walks', 'work_dir']  # fixtures


@pytest.mark.parametrize('path', STREAM_CONFIGS, ids=lambda path: path.stem)
def test_a_config_trains_and_tests(path: Path, walks: Path, work_dir: Path) -> None:
    train_and_test(path, walks, work_dir)
