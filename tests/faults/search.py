"""A longer search for files that break a reader:  PYTHONPATH=tests python -m faults.search --seconds 600

What is found goes to tests/faults/found/<reader>/, where the tests take it up; mend the reader and leave the file there.
"""

import argparse
import hashlib
import tempfile
import time
from pathlib import Path
from random import Random

from faults.file_readers import READERS
from faults.fuzzer import Reader, Search

FOUND = Path(__file__).parent / 'found'


def search(reader: Reader, seconds: float, rng: Random) -> Search:
    """Try damaged files for so long."""
    with tempfile.TemporaryDirectory() as folder:
        result, end = reader.search(Path(folder)), time.monotonic() + seconds
        while time.monotonic() < end:
            result.step(Path(folder), rng)
    return result


def keep(result: Search) -> None:
    """Store each input that was not survived, and say why."""
    folder = FOUND / result.reader.name.replace(' ', '_')
    for reason, data in result.crashes.items():
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f'{hashlib.sha256(data).hexdigest()[:12]}{result.suffix}'
        path.write_bytes(data)
        print(f'    {path.name}: {reason}')


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--seconds', type=float, default=300, help='for all readers together; default 300')
    parser.add_argument('--reader', choices=[reader.name for reader in READERS], help='only this one')
    parser.add_argument('--seed', type=int, default=0)
    args = parser.parse_args()
    chosen = [reader for reader in READERS if args.reader in (None, reader.name)]
    for reader in chosen:
        result = search(reader, args.seconds / len(chosen), Random(args.seed))
        print(f'{reader.name}: {len(result.corpus)} inputs that reach something new, {len(result.reached)} lines reached, '
              f'{len(result.crashes)} not survived', flush=True)  # fmt: skip
        keep(result)


if __name__ == '__main__':
    main()
