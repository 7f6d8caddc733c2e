"""Every config of a benchmark, tested on a tiny data set in its layout: numbers are there, and files lie where users look."""

import json
from pathlib import Path

import pytest
from view_benchmark_files import WRITERS
from view_configs import BENCHMARK_CONFIGS, ROOT

from uniseg3d.engine.config import load_config
from uniseg3d.engine.launch import build_runner
from uniseg3d.io.trajectory import read_trajectory

FILES = {
    'depth': ['metric.json'],
    'video': ['result_metric.json', 'result_scale&shift.json', 'result_scale.json'],
    'poses': ['_error_log.txt'],
    'points': ['logs_all.txt'],
}
KEYS = {'depth': 'abs_rel', 'video': 'scale/abs_rel', 'poses': 'ate', 'points': 'acc_original'}


def measured(path: Path, root: Path, work_dir: Path) -> dict[str, float]:
    """The config with the small network, untrained."""
    config = load_config(path)
    data = config.test_dataloader.dataset
    assert data.data_root.startswith('data/') and data.test_mode
    data.data_root, data.resolutions, config.test_dataloader.num_workers = str(WRITERS[data.layout](root)), [(64, 48)], 0
    config.model = load_config(ROOT / 'configs/point3r_tiny_rooms.py').model
    config.work_dir, config.load_from = str(work_dir), None
    return build_runner(config).test()


@pytest.mark.parametrize('path', BENCHMARK_CONFIGS, ids=lambda path: path.stem)
def test_a_benchmark_is_measured(path: Path, tmp_path: Path) -> None:
    kind = path.stem.split('_')[1]
    metrics = measured(path, tmp_path / 'data', tmp_path / 'work')
    found = sorted(file.name for file in (tmp_path / 'work').iterdir() if file.suffix in ('.json', '.txt'))
    assert metrics[KEYS[kind]] >= 0 and found == FILES[kind]
    check_files(kind, tmp_path / 'work')


def check_files(kind: str, folder: Path) -> None:
    """As users of the original read them."""
    if kind in ('depth', 'video'):
        stated = json.loads((folder / FILES[kind][0]).read_text(encoding='utf-8'))
        assert {'Abs Rel', 'Sq Rel', 'RMSE', 'Log RMSE', 'δ < 1.25', 'valid_pixels'} <= set(stated) and stated[
            'valid_pixels'
        ] > 0
    elif kind == 'points':
        assert (folder / 'logs_all.txt').read_text().splitlines()[-1].startswith('mean acc: ')
    else:
        (path,) = folder.glob('*/pred_traj.txt')
        poses = len(read_trajectory(path).poses)
        assert poses == 3 and len(path.with_name('pred_focal.txt').read_text().split()) == poses
        assert len(path.with_name('pred_intrinsics.txt').read_text().split()) == 9 * poses
        assert path.with_name(f'{path.parent.name}_eval_metric.txt').read_text().startswith('ATE: ')
        assert 'Average ATE: ' in (folder / '_error_log.txt').read_text()
