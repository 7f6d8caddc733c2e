"""The page of promises names tests that exist, for every row of the table."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / 'docs' / 'trust.md').read_text(encoding='utf-8')
NAMED = sorted(set(re.findall(r'`([\w/]+\.py)::(test_\w+)`', PAGE)))
ROWS = [line for line in PAGE.splitlines() if re.match(r'\| (\d+|more) \|', line)]


@pytest.mark.parametrize('path', sorted({path for path, _ in NAMED}))
def test_the_tests_of_the_page_exist(path: str) -> None:
    text = (ROOT / 'tests' / path).read_text(encoding='utf-8')
    for name in (name for file, name in NAMED if file == path):
        assert f'\ndef {name}(' in text, f'{path} has no {name}'


def test_every_row_has_its_proof() -> None:
    assert [row.split('|')[1].strip() for row in ROWS] == [*map(str, range(1, 26)), 'more']
    assert all('::test_' in row for row in ROWS)
