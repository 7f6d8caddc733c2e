"""The page of licences names every pinned package and every released file."""

import importlib.util
from email.message import Message
from pathlib import Path

import pytest

from uniseg3d.utils.artefacts import artefacts

ROOT = Path(__file__).parents[2]
SPEC = importlib.util.spec_from_file_location('licences', ROOT / 'tools' / 'licences.py')
licences = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(licences)


def test_the_page_is_complete():
    page = (ROOT / 'docs' / 'licences.md').read_text(encoding='utf-8')
    for name, version in licences.pinned().items():
        assert f'| {name} | {version} | ' in page, f'run python tools/licences.py --out docs/licences.md: {name}'
    for artefact in artefacts().values():
        assert f'| {artefact.name} | `{artefact.file}` |' in page
    assert 'not installed here' not in page


def test_constraints_pin_every_line():
    pinned = licences.pinned()
    assert {'torch', 'mmengine', 'numpy'} <= pinned.keys()
    assert all(version[0].isdigit() for version in pinned.values())


@pytest.mark.parametrize(
    ('fields', 'expected'),
    [
        ([('License-Expression', 'MIT'), ('License', 'long text')], 'MIT'),
        ([('Classifier', 'License :: OSI Approved :: BSD License'), ('Classifier', 'Topic :: X')], 'BSD License'),
        ([('License', 'BSD-3')], 'BSD-3'),
        ([('License', 'Permission is hereby granted ' * 9)], 'not stated'),
        ([], 'not stated'),
    ],
)
def test_what_a_package_says_of_itself(fields, expected):
    message = Message()
    for name, value in fields:
        message.add_header(name, value)
    assert licences.licence_of(message) == expected
