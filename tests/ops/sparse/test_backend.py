"""The switch between engines, and what happens where one is missing."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from dense_reference import random_level

from uniseg3d.ops.sparse import (
    NeighbourTable,
    SubMConv3d,
    available_backends,
    centred_window,
    sparse_convolution,
    use_backend,
)
from uniseg3d.ops.sparse.backend import ENVIRONMENT, MODULES, load_backend, select_backend
from uniseg3d.utils.errors import ConfigError

X, W = torch.ones(4, 2), torch.ones(27, 2, 2)


def chosen(name: str | None = None, features: torch.Tensor = X) -> str:
    module = select_backend(features, W.to(features.dtype), name)
    return next(name for name in MODULES if load_backend(name) is module)


def test_reports_every_back_end() -> None:
    reports = {report.name: report for report in available_backends()}
    assert set(reports) == set(MODULES) and reports['torch'].ready
    assert all(report.detail for report in reports.values())


def test_who_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    """The argument before the context before the environment before auto."""
    monkeypatch.delenv(ENVIRONMENT, raising=False)
    automatic = 'cpu' if load_backend('cpu').missing() is None else 'torch'
    assert chosen() == chosen('auto') == automatic
    assert chosen(features=X.double()) == 'torch', 'auto takes what can compute the type'
    monkeypatch.setenv(ENVIRONMENT, 'torch')
    assert chosen() == 'torch'
    with use_backend('auto'):
        assert chosen() == automatic
        with use_backend('torch'):
            assert chosen() == 'torch' and chosen('auto') == automatic
        assert chosen() == automatic


def test_wrong_choices_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="'cuda9'; expected auto, torch, cpu"), use_backend('cuda9'):
        pass
    monkeypatch.setenv(ENVIRONMENT, 'fast')
    with pytest.raises(ConfigError, match="unknown sparse back end 'fast'"):
        chosen()
    with pytest.raises(ConfigError, match=r'cannot be used.*choose auto or torch'):
        select_backend(X.double(), W.double(), 'cpu')


def test_backward_stays_on_the_engine_of_forward() -> None:
    level = random_level(1, (5, 5, 5), 1, 0.5)
    x = torch.randn(len(level), 4, dtype=torch.float64, requires_grad=True)
    with use_backend('torch'):
        out = sparse_convolution(x, torch.ones(27, 4, 4, dtype=torch.float64), level.neighbours(centred_window(3)))
    out.sum().backward()
    assert x.grad is not None


def test_layers_take_a_back_end() -> None:
    assert SubMConv3d(2, 2, backend='torch').backend == 'torch'


IN_A_NEW_PROCESS = """
import torch
from uniseg3d.ops.sparse import Level, centred_window, sparse_convolution, available_backends
table = Level(torch.tensor([[0, 0, 0, z] for z in range(5)])).neighbours(centred_window(3))
print(float(sparse_convolution(torch.ones(5, 1), torch.ones(27, 1, 1), table).sum()))
print(next(report.detail for report in available_backends() if report.name == 'cpu'))
"""


def run_anew(folder: Path, **environment: str) -> tuple[str, str]:
    variables = {**os.environ, 'XDG_CACHE_HOME': str(folder), **environment}
    done = subprocess.run([sys.executable, '-c', IN_A_NEW_PROCESS], env=variables, capture_output=True, text=True, check=True)
    assert done.stderr == ''
    result, detail = done.stdout.strip().split('\n')
    return result, detail


def test_no_compiler_is_no_error(tmp_path: Path) -> None:
    result, detail = run_anew(tmp_path, PATH=str(tmp_path), CC='')
    assert result == '13.0' and 'no C compiler was found' in detail
    assert not list(tmp_path.rglob('*.so'))


def test_a_broken_compiler_or_cache_is_no_error(tmp_path: Path) -> None:
    compiler = tmp_path / 'cc'
    compiler.write_text('#!/bin/sh\necho "error: out of order" >&2\nexit 1\n')
    compiler.chmod(0o755)
    result, detail = run_anew(tmp_path, PATH=str(tmp_path), CC='')
    assert result == '13.0' and 'out of order' in detail
    file = tmp_path / 'file'
    file.write_text('')
    assert run_anew(file)[0] == '13.0'


needs_kernel = pytest.mark.skipif(load_backend('cpu').missing() is not None, reason='no C compiler on this machine')


@needs_kernel
def test_compiled_once_and_repaired(tmp_path: Path) -> None:
    assert run_anew(tmp_path)[0] == '13.0'
    (library,) = tmp_path.rglob('*.so')
    assert [path.name for path in library.parent.iterdir()] == [library.name], 'nothing half-made is left'
    time = library.stat().st_mtime_ns
    run_anew(tmp_path)
    assert library.stat().st_mtime_ns == time
    library.write_bytes(b'broken')
    assert run_anew(tmp_path)[0] == '13.0' and library.stat().st_size > 1000


@needs_kernel
def test_instruction_sets_agree() -> None:
    from uniseg3d.ops.sparse.backends import cpu_kernel

    level = random_level(2, (14, 13, 12), 2, 0.5)
    table = level.neighbours(centred_window(3))
    for cin, cout in ((6, 40), (32, 32), (48, 80), (20, 130)):
        x, w, grad = torch.randn(len(level), cin), torch.randn(27, cin, cout), torch.randn(len(level), cout)
        exact = (
            sparse_convolution(x.double(), w.double(), table),
            load_backend('torch').weight_gradient(x.double(), grad.double(), table),
        )
        for isa in cpu_kernel.instruction_sets():
            ours = cpu_kernel.convolve(x, w, table, isa), cpu_kernel.weight_gradient(x, grad, table, isa)
            for result, reference in zip(ours, exact, strict=True):
                assert float((result - reference).abs().max() / reference.abs().max()) < 1e-5, isa


@needs_kernel
@pytest.mark.parametrize(('side', 'walked'), [(16, False), (28, True)])
def test_threads_change_no_bit(side: int, walked: bool) -> None:
    backend, level = load_backend('cpu'), random_level(3, (side,) * 3, 1, 0.5)
    table = level.neighbours(centred_window(3))
    assert (table.walk.order is not None) == walked
    x, w, grad = torch.randn(len(level), 24), torch.randn(27, 24, 40), torch.randn(len(level), 40)
    results = []
    before = torch.get_num_threads()
    try:
        for threads in (1, 2, 5, 40):
            torch.set_num_threads(threads)
            results.append((backend.convolve(x, w, table), backend.weight_gradient(x, grad, table)))
    finally:
        torch.set_num_threads(before)
    for forward, gradient in results[1:]:
        assert torch.equal(forward, results[0][0]) and torch.equal(gradient, results[0][1])
    as_it_lies = NeighbourTable(table.rows, table.source_count)  # without coordinates there is no other order
    assert torch.equal(backend.convolve(x, w, as_it_lies), results[0][0])
    torch.testing.assert_close(backend.weight_gradient(x, grad, as_it_lies), results[0][1], atol=1e-3, rtol=1e-4)


@pytest.mark.interpreter
def test_triton_kernels_in_the_interpreter() -> None:
    """The kernels of the GPU, run in Python by Triton itself, pass the same fuzz tests."""
    files = [
        str(Path(__file__).with_name(name)) for name in ('test_convolution.py', 'test_bad_input.py', 'test_triton_masked.py')
    ]
    chosen_tests = 'submanifold or inverse or finite or no_row or one_voxel or types or answer or tiles'
    command = [sys.executable, '-m', 'pytest', '-vv', '-x', '-p', 'no:cacheprovider', *files, '-k', chosen_tests]
    done = subprocess.run(command, env={**os.environ, 'TRITON_INTERPRET': '1'}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert 'neighbours[triton] PASSED' in done.stdout, done.stdout


@pytest.mark.parametrize(
    ('name', 'package', 'hint'),
    [('spconv', 'spconv', 'pip install'), ('minkowski', 'MinkowskiEngine', 'requirements/minkowski.txt')],
)
def test_missing_peers_say_how_to_get_them(name: str, package: str, hint: str) -> None:
    if find_spec(package):
        assert load_backend(name).missing() is None
        return
    assert hint in str(load_backend(name).missing())
    with pytest.raises(ConfigError, match=hint):
        select_backend(X, W, name)
