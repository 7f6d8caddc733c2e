"""What the report judges, and what it leaves alone for want of data."""

from dataclasses import replace

import numpy as np
import pytest

from uniseg3d.rooms.difficulty import LEAST_COLOR_OVERLAP, LEAST_OBJECTS, LEAST_SIZE_OVERLAP
from uniseg3d.rooms.report import LEAST_ROOMS, ClassRow, Guard, Report, class_guards, report_text
from uniseg3d.text.class_lists import class_list


def healthy_rows() -> list[ClassRow]:
    """Every class with enough objects, and all of them alike."""
    stuff = class_list('scannet20').stuff_names
    return [ClassRow(name, 30, 10, 0.6, None if name in stuff else 9, 0.1) for name in class_list('scannet20').names]


def changed(name: str, **values: float) -> list[ClassRow]:
    return [replace(row, **values) if row.name == name else row for row in healthy_rows()]


def verdicts(rows: list[ClassRow], rooms: int = 100) -> list[str]:
    return [guard.verdict for guard in class_guards(rows, rooms)]


def test_healthy_classes_pass() -> None:
    assert verdicts(healthy_rows()) == ['ok', 'ok', 'ok']


@pytest.mark.parametrize(('values', 'expected'), [
    ({'train': 0, 'val': 40}, ['FAILS', 'ok', 'ok']),
    ({'color_overlap': LEAST_COLOR_OVERLAP - 0.01}, ['ok', 'FAILS', 'ok']),
    ({'color_overlap': np.nan}, ['ok', 'FAILS', 'ok']),
    ({'size_overlap': LEAST_SIZE_OVERLAP - 1}, ['ok', 'ok', 'FAILS']),
    ({'size_overlap': None}, ['ok', 'ok', 'FAILS']),
])  # fmt: skip
def test_one_bad_class_fails_its_guard(values: dict[str, float], expected: list[str]) -> None:
    assert verdicts(changed('counter', **values)) == expected


def test_a_rare_class_is_not_judged_by_its_colours_and_sizes() -> None:
    bad = {'color_overlap': 0.1, 'size_overlap': 0}
    assert verdicts(changed('counter', train=LEAST_OBJECTS - 2, val=1, **bad)) == ['ok', 'ok', 'ok']
    assert verdicts(changed('counter', train=LEAST_OBJECTS - 1, val=1, **bad)) == ['ok', 'FAILS', 'FAILS']
    assert verdicts(changed('counter', train=0, val=0, **bad)) == ['FAILS', 'ok', 'ok'], 'but it must not be missing'


def test_a_few_rooms_are_not_judged_by_their_classes() -> None:
    rows = changed('counter', train=0, color_overlap=0.1)
    guards = class_guards(rows, LEAST_ROOMS - 1)
    assert all(guard.holds for guard in guards)
    assert {guard.verdict for guard in guards} == {f'not judged with fewer than {LEAST_ROOMS} rooms'}
    assert not class_guards(rows, LEAST_ROOMS)[0].holds


def test_a_value_that_is_not_a_number_never_holds() -> None:
    assert not Guard('any', np.nan, -np.inf, np.inf).holds
    assert Guard('any', np.nan, -np.inf, np.inf, judged=False).holds


def test_the_text_tells_failing_from_unjudged() -> None:
    scene = {'points': 10, 'objects': 2, 'sentences': 1, 'hole_share': 0.1}
    rows = changed('counter', train=3, val=0, color_overlap=np.nan)
    guards = [Guard('good', 0.5, 0, 1), Guard('bad', 2.0, 0, 1), Guard('open', 2.0, 0, 1, judged=False)]
    text = report_text(Report({'train': [scene], 'val': [scene]}, rows, {'train': {}, 'val': {}}, [], guards))
    lines = {line.split()[0]: line for line in text.splitlines() if line}
    assert lines['good'].endswith('ok') and lines['bad'].endswith('FAILS') and 'not judged' in lines['open']
    assert 'too few' in lines['counter'] and 'nan' not in text and 'too few' not in lines['chair']
