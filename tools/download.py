"""Download a released file."""

import argparse

from uniseg3d.utils.artefacts import fetch, find_artefact, listing
from uniseg3d.utils.cli import run


def main() -> None:
    parser = argparse.ArgumentParser(
        description='Download weights and lists that others released, check them, and put them where the configs expect them.',
        epilog='examples:\n  python tools/download.py             what there is\n  python tools/download.py dust3r',
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('name', nargs='?', help='name from the list; without it the list is printed')
    parser.add_argument('--root', default='.', help='folder that holds data/ and work_dirs/ (default: here)')
    args = parser.parse_args()
    print(fetch(find_artefact(args.name), args.root) if args.name else listing(args.root))


if __name__ == '__main__':
    run(main)
