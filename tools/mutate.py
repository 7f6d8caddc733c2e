"""Make one line of the package wrong at a time, and see which test notices: docs/trust.md shows the table.

The mistakes are listed in tools/mutating/mistakes.py. Each is made in a copy of the project in a temporary folder, never here.

Examples:
    python tools/mutate.py --out docs/trust.md        the whole table; minutes
    python tools/mutate.py --only matching            of one kind, printed
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from mutating.mistakes import MUTATIONS, Mutation

from uniseg3d.utils.cli import run
from uniseg3d.utils.errors import ConfigError
from uniseg3d.utils.files import write_text

ROOT = Path(__file__).resolve().parents[1]
COPIED = ('uniseg3d', 'tests', 'configs', 'tools', 'pyproject.toml')
BEGIN, END = '<!-- mutations begin -->', '<!-- mutations end -->'
HEAD = '| part | line | made wrong | noticed by |\n| --- | --- | --- | --- |\n'
NOBODY, ENDLESS = '**nobody**', 'the time limit'
SECONDS = 120  # for the tests of one mistake; most take five


def parse_args(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--only', choices=sorted({one.part for one in MUTATIONS}), help='of one part; nothing is written')
    parser.add_argument('--out', type=Path, help='the page whose table is replaced')
    return parser.parse_args(arguments)


def main() -> int:
    args = parse_args()
    chosen = [one for one in MUTATIONS if args.only in (None, one.part)]
    with tempfile.TemporaryDirectory() as folder:
        copy = copied(Path(folder))
        rows = [row(one, noticed(copy, one)) for one in chosen]
    table = HEAD + '\n'.join(rows)
    if args.out and not args.only:
        write_text(args.out, with_table(args.out.read_text(encoding='utf-8'), table))
    print(table)
    return int(any(NOBODY in one for one in rows))


def copied(folder: Path) -> Path:
    """The project without what was built here, in ``folder``."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns('__pycache__', '*.safetensors'))
        else:
            shutil.copy(source, folder / name)
    return folder


def mutated(text: str, mutation: Mutation) -> str:
    """The file with its line made wrong."""
    if text.count(mutation.old) != 1:
        raise ConfigError(
            f'{mutation.file} holds {text.count(mutation.old)} times {mutation.old!r}, expected once; edit the list'
        )
    return text.replace(mutation.old, mutation.new)


def noticed(copy: Path, mutation: Mutation) -> str:
    """Name of the first test that fails with the mistake in ``copy``, or nobody; the copy is put right again."""
    path = copy / 'uniseg3d' / mutation.file
    good = path.read_text(encoding='utf-8')
    path.write_text(mutated(good, mutation), encoding='utf-8')
    try:
        done = tested(copy, mutation.tests)
    except subprocess.TimeoutExpired:
        return ENDLESS
    finally:
        path.write_text(good, encoding='utf-8')
    failed = re.search(r'^(?:FAILED|ERROR) (\S+)', done.stdout, re.MULTILINE)
    if done.returncode not in (0, 1) or (done.returncode == 1) != bool(failed):
        raise ConfigError(f'the tests in {mutation.tests} cannot be run: {(done.stdout + done.stderr)[-500:]}')
    return failed[1].split('::')[-1].split('[')[0] if failed else NOBODY


def tested(copy: Path, tests: str) -> subprocess.CompletedProcess[str]:
    """Run tests of the copy against the package of the copy, which stands first on the path there."""
    command = [sys.executable, '-m', 'pytest', '-x', '-q', '-p', 'no:cacheprovider', '-m', 'not long', f'tests/{tests}']
    quiet = {'PYTHONDONTWRITEBYTECODE': '1', 'COLUMNS': '400', 'PYTHONPATH': str(copy)}
    return subprocess.run(command, cwd=copy, env=os.environ | quiet, capture_output=True, text=True, timeout=SECONDS)


def row(mutation: Mutation, test: str) -> str:
    """One line of the table."""
    old, new = (' '.join(text.split()).replace('|', '\\|') for text in (mutation.old, mutation.new))
    name = test if test in (NOBODY, ENDLESS) else f'`{test}`'
    return f'| {mutation.part} | `{mutation.file}`: `{old}` | `{new or " "}` | {name} |'


def with_table(page: str, table: str) -> str:
    """The page with another table between its two marks."""
    if page.count(BEGIN) != 1 or page.count(END) != 1:
        raise ConfigError(f'the page needs the lines {BEGIN} and {END}, once each')
    head, rest = page.split(BEGIN)
    return f'{head}{BEGIN}\n{table}\n{END}{rest.split(END)[1]}'


if __name__ == '__main__':
    run(main)
