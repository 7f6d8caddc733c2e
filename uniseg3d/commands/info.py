"""Say what files, folders of results and configs hold; nothing is changed.

Examples:
    %(prog)s my_scan.ply
    %(prog)s work_dirs/infer/my_scan
    %(prog)s uniseg3d_1xb4_rooms
    %(prog)s work_dirs/uniseg3d_1xb4_rooms/iter_2500.pth
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from uniseg3d.apis.scene_input import find_config
from uniseg3d.commands.parsers import described_parser
from uniseg3d.demo.shown_files import read_shown
from uniseg3d.io.clouds import CLOUD_SUFFIXES
from uniseg3d.utils.weights import load_weights

WEIGHTS = ('.pth', '.pt', '.ckpt', '.safetensors')


def main(arguments: Sequence[str] | None = None, prog: str = 'uniseg3d info') -> None:
    """Print a few lines about each."""
    parser = described_parser(__doc__, prog)
    parser.add_argument('things', nargs='+', metavar='FILE', help='files, folders, or bare names of configs')
    for thing in parser.parse_args(arguments).things:
        print(thing)
        for line in describe(thing):
            print(f'  {line}')


def describe(thing: str) -> Iterator[str]:
    """Lines about a file, a folder or a config."""
    path = Path(thing)
    if path.suffix in WEIGHTS:
        return _weights(path)
    if path.is_dir() or path.suffix.lower() in CLOUD_SUFFIXES:
        return _shown(path)
    return _config(thing)


def _shown(path: Path) -> Iterator[str]:
    shown = read_shown(path)
    size = ' x '.join(f'{side:.2f}' for side in np.ptp(shown.xyz, axis=0)) if len(shown.xyz) else 'nothing'
    yield f'{shown.kind} {shown.name}: {len(shown.xyz):,} points, {size} m'
    for name, layer in shown.layers.items():
        entries = ', '.join(title for title, _ in layer.legend)
        yield f'{name}: {entries}' if entries else name
    if shown.cameras:
        yield f'{len(shown.cameras)} cameras'
    yield from (f'note: {note}' for note in shown.notes)


def _weights(path: Path) -> Iterator[str]:
    state = load_weights(path).state_dict
    yield f'weights: {len(state)} entries, {sum(value.numel() for value in state.values()):,} numbers'
    parts: dict[str, int] = {}
    for name, value in state.items():
        parts[name.split('.')[0]] = parts.get(name.split('.')[0], 0) + value.numel()
    yield from (f'{name}: {count:,}' for name, count in parts.items())


def _config(thing: str) -> Iterator[str]:
    config = find_config(thing)
    yield f'config of {config.model.type}: {config.filename}'
    dataset = (config.get('test_dataloader') or {}).get('dataset') or {}
    for name in ('type', 'data_root', 'classes'):
        if name in dataset:
            yield f'{name} of the test data: {dataset[name]}'
    if config.get('train_cfg'):
        yield f'training: {dict(config.train_cfg)}'
