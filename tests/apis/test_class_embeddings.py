"""From a list of names and a text tower to a file, as users call it."""

import runpy
import sys
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from uniseg3d.apis.class_embeddings import class_names, make_class_embeddings
from uniseg3d.models.encoders.clip_text import ClipText
from uniseg3d.text.class_files import read_class_embeddings
from uniseg3d.text.tokenizer import tokenize
from uniseg3d.utils.errors import CheckpointError, ConfigError, DataError

MODEL = 'ViT-S-32-alt'  # the smallest of open_clip
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope='module')
def weights(tmp_path_factory):
    """A text tower with random weights, as a file."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp('clip') / 'open_clip_pytorch_model.bin'
    torch.save(ClipText(MODEL).tower.state_dict(), path)
    return path


def test_names_come_from_lists_and_files(tmp_path):
    assert class_names('scannet20')[:2] == ['wall', 'floor']
    path = tmp_path / 'mine.txt'
    path.write_text('\ufeffoffice chair\n\n rock, stone \n', encoding='utf-8')
    assert class_names(path) == ['office chair', 'rock, stone']


def test_lists_that_are_none_are_explained(tmp_path):
    with pytest.raises(DataError, match=r'neither a file with one class name a line nor one of the class lists.*scannet20'):
        class_names('scannet21')
    (tmp_path / 'empty.txt').write_text('\n')
    with pytest.raises(DataError, match='names no class'):
        class_names(tmp_path / 'empty.txt')
    (tmp_path / 'binary.txt').write_bytes(b'\xff\xfe\x00')
    with pytest.raises(DataError, match='not UTF-8'):
        class_names(tmp_path / 'binary.txt')


def test_embeddings_are_those_of_the_tower(tmp_path, weights):
    names = ['wall', 'rock, stone']
    made = make_class_embeddings(names, tmp_path / 'two.pth', MODEL, weights, 'photo', cache=tmp_path / 'cache')
    assert made.shape == (2, 2, 256)
    text = ClipText(MODEL, weights=str(weights))
    expected = F.normalize(text.embed(torch.from_numpy(tokenize(['a photo of a stone.']))), dim=1)
    torch.testing.assert_close(made[1, 1], expected[0])
    assert torch.equal(read_class_embeddings(tmp_path / 'two.pth', names), made)
    again = make_class_embeddings(names, None, MODEL, weights, 'photo', cache=tmp_path / 'cache')
    assert torch.equal(again, made)
    assert torch.equal(make_class_embeddings(names, None, MODEL, weights, ('a photo of a {}.',)), made)


def test_mistakes_are_found_before_anything_is_computed(tmp_path, weights):
    with pytest.raises(ConfigError, match='must end in'):
        make_class_embeddings(['wall'], tmp_path / 'two.npy', MODEL, weights)
    with pytest.raises(CheckpointError, match=r'none\.bin of the text tower do not exist'):
        make_class_embeddings(['wall'], None, MODEL, tmp_path / 'none.bin')


def test_the_command(tmp_path, weights, monkeypatch, capsys):
    options = ['--model', MODEL, '--weights', str(weights), '--templates', 'name', '--out', 'classes.safetensors']
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, 'argv', ['make_class_embeddings.py', 'scannet20', *options])
    with pytest.raises(SystemExit) as end:
        runpy.run_path(str(ROOT / 'tools' / 'make_class_embeddings.py'), run_name='__main__')
    assert end.value.code == 0
    assert 'classes.safetensors: 20 classes x 1 prototypes x 256 channels' in capsys.readouterr().out
    assert len(read_class_embeddings('classes.safetensors', class_names('scannet20'))) == 20
