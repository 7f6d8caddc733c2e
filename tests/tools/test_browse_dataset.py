"""The command that shows what a pipeline feeds a model."""

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from scene_files import write_scene

from uniseg3d.io.infos import write_infos

ROOT = Path(__file__).parents[2]
CONFIG = """
_base_ = '{base}'
data_root = '{data}'
train_dataloader = dict(dataset=dict(data_root=data_root))
val_dataloader = dict(dataset=dict(data_root=data_root))
"""


@pytest.fixture
def config(tmp_path):
    data = tmp_path / 'my rooms'
    for split, names in (('train', ('room0000_00', 'room0001_00')), ('val', ('room0002_00',))):
        infos = [write_scene(data, name, seed) for seed, name in enumerate(names)]
        write_infos(data / f'uniseg3d_infos_{split}.json', infos, 'rooms', {})
    path = tmp_path / 'tiny.py'
    path.write_text(CONFIG.format(base=ROOT / 'configs' / 'semantic_baseline_rooms.py', data=data))
    return path


def browse(*arguments):
    command = [sys.executable, str(ROOT / 'tools' / 'browse_dataset.py'), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_pictures_of_training_samples_with_their_facts(config, tmp_path):
    result = browse(config, '--count', 5, '--out', tmp_path / 'out')
    assert result.returncode == 0, result.stderr
    assert 'room0000_00: 400 points, 12 superpoints' in result.stdout and '3 instances' in result.stdout
    pictures = sorted(path.name for path in (tmp_path / 'out').iterdir())
    assert pictures == ['000_room0000_00.png', '001_room0001_00.png']  # no more than there are


def test_a_contact_sheet(config, tmp_path):
    result = browse(config, '--split', 'val', '--contact-sheet', tmp_path / 'sheet.jpg')
    assert result.returncode == 0, result.stderr
    assert Image.open(tmp_path / 'sheet.jpg').width > 600


@pytest.mark.parametrize(
    ('arguments', 'code', 'message'),
    [
        (('--contact-sheet', 'sheet.foo'), 1, 'error: cannot draw sheet.foo: the suffix must be one of .png, .jpg, .jpeg'),
        (('--count', 0), 2, "argument --count: expected a whole number of at least 1, got '0'"),
        (('--epoch', -1), 1, 'error: --epoch must be 0 or more, got -1'),
    ],
)
def test_values_that_make_no_sense_are_refused_before_the_work(config, arguments, code, message):
    result = browse(config, *arguments)
    assert result.returncode == code and message in result.stderr and 'Traceback' not in result.stderr
    assert result.stdout == ''


def test_missing_data_is_one_sentence(config, tmp_path):
    (tmp_path / 'my rooms' / 'uniseg3d_infos_train.json').unlink()
    result = browse(config, '--out', tmp_path / 'out')
    assert result.returncode == 1
    assert result.stderr.startswith('error: ') and 'uniseg3d_infos_train.json' in result.stderr
    assert not (tmp_path / 'out').exists()


def test_a_config_that_is_not_there_is_one_sentence(tmp_path):
    result = browse(tmp_path / 'nowhere.py')
    assert result.returncode == 1
    assert result.stderr.startswith('error: ') and 'nowhere.py' in result.stderr
