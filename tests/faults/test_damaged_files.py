"""Whatever the bytes of a file, a reader answers or refuses it by one sentence that names it."""

from pathlib import Path
from random import Random

import pytest
from faults.file_readers import READERS
from faults.fuzzer import Reader, trial
from faults.mutations import damaged

TRIES = 40  # of each kind here; python -m faults.search goes on for as long as you like
FOUND = Path(__file__).parent / 'found'  # inputs that were not survived once, by the name of their reader


@pytest.mark.parametrize('reader', READERS, ids=lambda reader: reader.name)
def test_damaged_files_are_read_or_refused(reader: Reader, tmp_path: Path) -> None:
    search = reader.search(tmp_path)
    rng = Random(0)
    for _ in range(TRIES):
        search.step(tmp_path, rng)
    assert not search.crashes
    assert len(search.reached) > 5  # the package was reached at all


@pytest.mark.parametrize('path', sorted(FOUND.glob('*/*')), ids=lambda path: f'{path.parent.name}-{path.stem}')
def test_what_was_found_once_stays_mended(path: Path, tmp_path: Path) -> None:
    reader = next(reader for reader in READERS if reader.name.replace(' ', '_') == path.parent.name)
    reader.seeds(tmp_path)
    assert trial(reader, path.read_bytes(), tmp_path / f'input{path.suffix}')[0] == ''


def test_a_reader_that_breaks_is_noticed(tmp_path: Path) -> None:
    def careless(path: Path) -> int:
        return [1][int(path.read_text())]

    assert trial(Reader('careless', lambda folder: [], careless), b'0', tmp_path / 'input.txt')[0] == ''
    assert 'IndexError' in trial(Reader('careless', lambda folder: [], careless), b'7', tmp_path / 'input.txt')[0]
    greedy = Reader('greedy', lambda folder: [], lambda path: bytearray(10**10))
    assert 'MemoryError' in trial(greedy, b'', tmp_path / 'input.txt')[0]


def test_damage_is_damage_and_the_same_for_the_same_seed() -> None:
    data = b'vertex 3\n1.0 2.0 3.0\n' * 5
    first, again = ([damaged(data, [b'other'], Random(seed)) for seed in range(40)] for _ in range(2))
    assert first == again
    assert sum(result != data for result in first) > 35
