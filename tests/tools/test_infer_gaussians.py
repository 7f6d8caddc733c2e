"""The command, with a small network that has learned nothing."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from siu3r_models import config, small_model

from uniseg3d.io.gaussians import read_gaussians
from uniseg3d.io.images import write_jpeg
from uniseg3d.utils.errors import DataError

sys.path.insert(0, str(Path(__file__).parents[2] / 'tools'))

import infer_gaussians


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two photos, and a network beside them."""
    for number in range(2):
        image = np.random.default_rng(number).integers(0, 255, (40, 52, 3), np.uint8)
        write_jpeg(tmp_path / 'photos' / f'{number}.jpg', image)
    Config({'model': {'type': 'SIU3R', **config()}}).dump(tmp_path / 'model.py')
    torch.save({'state_dict': small_model().state_dict()}, tmp_path / 'weights.pth')
    return tmp_path


def call(monkeypatch: pytest.MonkeyPatch, photos: Path, *arguments: str) -> None:
    own = ['--weights', str(photos / 'weights.pth'), '--config', str(photos / 'model.py'), '--out', str(photos / 'out')]
    monkeypatch.setattr(sys, 'argv', ['infer_gaussians.py', *arguments, *own, '--size', '32', '--device', 'cpu'])
    infer_gaussians.main()


def test_a_folder_becomes_gaussians_and_pictures(photos, monkeypatch, capsys) -> None:
    call(monkeypatch, photos, str(photos / 'photos'))
    assert '2048 gaussians of 2 photos' in capsys.readouterr().out
    assert len(read_gaussians(photos / 'out' / 'output.ply').gaussians) == 2 * 32 * 32
    assert (photos / 'out' / 'views' / '0_depth.png').exists() and not (photos / 'out' / 'novel').exists()


def test_the_call_of_the_original(photos, monkeypatch, capsys) -> None:
    names = [str(photos / 'photos' / f'{number}.jpg') for number in (1, 0)]
    camera = ['--fx', '40', '--fy', '40', '--cx', '16', '--cy', '16', '--of-cut']
    call(monkeypatch, photos, *names, *camera, '--convention', 'siu3r', '--no-views')
    assert 'given focal length 40 px' in capsys.readouterr().out
    found = read_gaussians(photos / 'out' / 'output.ply')
    assert found.convention == 'siu3r' and not (photos / 'out' / 'views').exists()


def test_half_a_camera_and_one_photo_are_refused(photos, monkeypatch, capsys) -> None:
    with pytest.raises(SystemExit):
        call(monkeypatch, photos, str(photos / 'photos'), '--fx', '40')
    assert 'give all of --fx --fy --cx --cy' in capsys.readouterr().err
    with pytest.raises(DataError, match='1 photo is left'):
        call(monkeypatch, photos, str(photos / 'photos' / '0.jpg'))
