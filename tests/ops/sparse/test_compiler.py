"""What surrounds the compilation of the C kernels never stops a program that can do without them."""

from pathlib import Path

import pytest

from uniseg3d.ops.sparse.backends import compiler


@pytest.mark.parametrize('named', ['gcc "', '', 'no-such-compiler -O3'])
def test_a_compiler_that_cannot_be_called_is_passed_over(monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    monkeypatch.setenv('CC', named)
    assert all(command[0] in ('cc', 'gcc', 'clang') for command in compiler.compilers())


def test_a_user_without_a_home_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def homeless() -> Path:
        raise RuntimeError('Could not determine home directory.')

    monkeypatch.delenv('XDG_CACHE_HOME', raising=False)
    monkeypatch.setattr(Path, 'home', homeless)
    with pytest.raises(compiler.CompilationError, match='set XDG_CACHE_HOME'):
        compiler.load_library(Path(compiler.__file__).with_name('sparse_conv.c'))
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    assert compiler.cache_folder() == tmp_path / 'uniseg3d'
