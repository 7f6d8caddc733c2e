"""The report is true of this machine."""

import torch

from uniseg3d.engine import environment
from uniseg3d.engine.environment import EXTRAS, environment_report, installed_version
from uniseg3d.ops.sparse.backend import BackendReport


def test_versions_and_back_ends_are_those_installed():
    report = environment_report()
    assert report.sections['packages']['torch'] == torch.__version__
    assert report.sections['packages']['mmengine'] == '0.10.7'
    assert 'gloo' in report.sections['back ends']['distributed']
    assert report.sections['back ends']['text towers'].startswith('open_clip ')
    assert torch.cuda.is_available() != report.sections['devices'].get('gpu', '').startswith('none')


def test_every_extra_says_what_it_enables(monkeypatch):
    monkeypatch.setattr(environment, 'find_spec', lambda name: None)
    for name, line in environment_report().sections['extras'].items():
        assert line == f'missing; pip install "uniseg3d[{name}]" enables {EXTRAS[name][1]}'


def test_extras_are_those_of_the_package():
    from pathlib import Path

    requirements = Path(__file__).parents[2] / 'requirements'
    assert all((requirements / f'{name}.txt').is_file() for name in EXTRAS)


def test_known_troubles_are_named(monkeypatch):
    monkeypatch.setattr(torch, '__version__', '2.6.0')
    monkeypatch.setattr(environment, 'installed_version', lambda name: '84.2.1')
    text = str(environment_report())
    assert 'CVE-2026-24747' in text
    assert 'pip install "setuptools<82"' in text


def test_unknown_packages_have_no_version():
    assert installed_version('no-such-package-anywhere') is None


def test_engines_are_reported_as_they_are_found(monkeypatch):
    found = [BackendReport('torch', True, ''), BackendReport('triton', False, 'no GPU')]
    monkeypatch.setattr(environment, 'available_backends', lambda: found)
    facts = environment_report().sections['back ends']
    assert facts['sparse convolution'] == 'torch' and facts['  triton'] == 'not ready: no GPU'
