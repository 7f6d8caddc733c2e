"""numba finds a place for compiled code wherever the package is installed and whoever runs it."""

import os
from pathlib import Path

import pytest

from uniseg3d.utils import numba_cache


@pytest.fixture
def nothing_chosen(monkeypatch):
    monkeypatch.setattr(os, 'environ', {name: value for name, value in os.environ.items() if name != 'NUMBA_CACHE_DIR'})


def test_a_writable_package_needs_nothing(nothing_chosen):
    numba_cache.ensure_cache()
    assert 'NUMBA_CACHE_DIR' not in os.environ


def test_the_cache_of_the_user_will_do(nothing_chosen, monkeypatch, tmp_path):
    os.environ['XDG_CACHE_HOME'] = str(tmp_path / 'not' / 'yet')
    monkeypatch.setattr(os, 'access', lambda path, mode: Path(path) == tmp_path)
    numba_cache.ensure_cache()
    assert 'NUMBA_CACHE_DIR' not in os.environ


def test_else_it_gets_a_folder_of_its_own(nothing_chosen, monkeypatch):
    monkeypatch.setattr(os, 'access', lambda path, mode: False)
    numba_cache.ensure_cache()
    folder = Path(os.environ['NUMBA_CACHE_DIR'])
    assert folder.is_dir() and not any(folder.iterdir())
    assert folder.stat().st_mode & 0o077 == 0  # nobody else may write into it


def test_what_the_user_chose_stays(nothing_chosen, monkeypatch):
    os.environ['NUMBA_CACHE_DIR'] = '/somewhere'
    monkeypatch.setattr(os, 'access', lambda path, mode: False)
    numba_cache.ensure_cache()
    assert os.environ['NUMBA_CACHE_DIR'] == '/somewhere'
