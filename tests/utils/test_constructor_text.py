"""Constructor calls as text: read, and never run."""

import pytest

from uniseg3d.utils.constructor_text import Constructor, parse_constructor
from uniseg3d.utils.errors import CheckpointError

NAMES = ('Model', 'Part')


def test_plain_values():
    text = " Model(3, -2.5, 'a', depth=('exp', -inf, inf), sizes=[512, (1, 2)], flag=True, part=Part(x=None), low=+1) "
    found = parse_constructor(text, NAMES, 'file')
    kwargs = {'depth': ('exp', -float('inf'), float('inf')), 'sizes': [512, (1, 2)], 'flag': True, 'low': 1}
    assert found == Constructor('Model', (3, -2.5, 'a'), {**kwargs, 'part': Constructor('Part', (), {'x': None})})


def test_no_arguments():
    assert parse_constructor('Part()', NAMES, 'file') == Constructor('Part')


@pytest.mark.parametrize(
    ('text', 'sentence'),
    [
        ("__import__('os').system('touch hacked')", 'calls .*system'),
        ("os.system('touch hacked')", r'calls .os\.system.'),
        ("Model(x=__import__('os'))", 'calls .__import__'),
        ('Other(x=1)', 'calls .Other., which is not known; expected Model, Part'),
        ("Model(x=open('hacked', 'w'))", 'calls .open'),
        ('Model(x=[y for y in range(9)])', 'no plain value'),
        ('Model(x=lambda: 0)', 'no plain value'),
        ('Model(x=9**9**9**9)', 'no plain value'),
        ("Model(x=f'{open}')", 'no plain value'),
        ('Model(x=secret)', "holds 'secret'"),
        ("Model(x={'a': 1})", 'no plain value'),
        ("Model(x=b'bytes')", 'no plain value'),
        ('Model(x=...)', 'no plain value'),
        ('Model(x=(y := 1))', 'no plain value'),
        ('Model(x=-True)', 'no plain value'),
        ("Model(x=-'a')", 'no plain value'),
        ('Model(x=not 1)', 'no plain value'),
        ("Model(*'ab')", 'no plain value'),
        ("Model(**{'a': 1})", r'by \*\*'),
        ('(Part)()()', 'calls'),
        ('Model', 'is no constructor call|holds'),
        ('7', 'is no constructor call'),
        ('', 'is no constructor call'),
        ('Model(x=1', 'is no constructor call'),
        ('Model(x=1); import os', 'is no constructor call'),
        ('Model(x=1)\nimport os', 'is no constructor call'),
        ('Model(x=1, x=2)', 'twice'),
        ('Model(\0)', 'is no constructor call'),
        ('Model(' + '(' * 900 + ')' * 900 + ')', 'is no constructor call'),
        ('Model(x=' + '-' * 3900 + '1)', 'no constructor call|no plain value'),
        ('Model(' + ' ' * 4000 + ')', 'at most 4000 characters, got 4007'),
    ],
)
def test_hostile_text_is_refused(text, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CheckpointError, match=f'^file.*({sentence})'):
        parse_constructor(text, NAMES, 'file')
    assert not list(tmp_path.iterdir()), 'nothing ran'


def test_other_objects_are_refused():
    with pytest.raises(CheckpointError, match='got dict'):
        parse_constructor({'a': 1}, NAMES, 'file')
