"""Write docs/licences.md: under what terms the packages come that are installed, and the released files of others.

Example:
    python tools/licences.py --out docs/licences.md

For packages it asks their own metadata, in the environment that requirements/constraints-cpu.txt describes.
Known weaknesses of these releases, where a network is at hand:
    pip install pip-audit && pip-audit -r requirements/constraints-cpu.txt
"""

import argparse
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata
from pathlib import Path

from uniseg3d.utils.artefacts import artefacts
from uniseg3d.utils.cli import run
from uniseg3d.utils.files import write_text

CONSTRAINTS = Path(__file__).resolve().parents[1] / 'requirements' / 'constraints-cpu.txt'
PAGE = """# Licences

UniSeg3D is Apache-2.0. Written by `python tools/licences.py`.

## Packages

What `requirements/constraints-cpu.txt` pins, by what the packages say of themselves.

| package | version | licence |
| --- | --- | --- |
{packages}

## Released files of others

None of them comes with this repository. The licence is that of the place the file is released at; most allow no commercial
use. `python tools/download.py` lists, fetches and verifies them; a digest is given where one is published.

| name | file | from | licence | digest |
| --- | --- | --- | --- | --- |
{files}
"""
LONGEST = 70  # characters of a licence field that is a name and not the text itself


def pinned(path: Path = CONSTRAINTS) -> dict[str, str]:
    """Version of each package that the constraints name."""
    lines = (line.split('#')[0].split(';')[0].strip() for line in path.read_text(encoding='utf-8').splitlines())
    return dict(line.split('==') for line in lines if line)  # type: ignore[misc]


def licence_of(package: PackageMetadata) -> str:
    """What the package says of itself, in the newest of the three ways there were to say it."""
    classifiers = [text.rsplit(' :: ', 1)[-1] for text in package.get_all('Classifier') or [] if text.startswith('License ::')]
    named = package.get('License-Expression') or ', '.join(classifiers)
    if named:
        return named
    text = (package.get('License') or '').strip().split('\n')[0]
    return text if text and len(text) <= LONGEST else 'not stated'


def package_rows() -> list[str]:
    """A row for each pinned package."""
    rows = []
    for name, version in pinned().items():
        try:
            rows.append(f'| {name} | {version} | {licence_of(metadata(name))} |')
        except PackageNotFoundError:
            rows.append(f'| {name} | {version} | not installed here |')
    return rows


def file_rows() -> list[str]:
    """A row for each released file; what is not published stays blank."""
    return [f'| {a.name} | `{a.file}` | {a.source} | {a.licence} | {a.digest[:23]} |' for a in artefacts().values()]


def page() -> str:
    """The whole page."""
    return PAGE.format(packages='\n'.join(package_rows()), files='\n'.join(file_rows()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--out', type=Path, help='the page; without it the page is printed')
    args = parser.parse_args()
    if args.out:
        write_text(args.out, page())
    else:
        print(page())


if __name__ == '__main__':
    run(main)
