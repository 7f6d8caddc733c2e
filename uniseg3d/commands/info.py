"""Say what files, folders of results, configs and models that come with the package hold; nothing is changed.

Examples:
    %(prog)s my_scan.ply
    %(prog)s work_dirs/infer/my_scan
    %(prog)s uniseg3d_1xb4_rooms
    %(prog)s rooms-points
    %(prog)s work_dirs/uniseg3d_1xb4_rooms/iter_2500.pth
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from uniseg3d.apis.scene_input import find_config
from uniseg3d.apis.shipped import ShippedModel, shipped_models
from uniseg3d.commands.parsers import described_parser
from uniseg3d.demo.shown_files import read_shown
from uniseg3d.io.clouds import CLOUD_SUFFIXES
from uniseg3d.utils.weights import load_weights

WEIGHTS = ('.pth', '.pt', '.ckpt', '.safetensors')


def main(arguments: Sequence[str] | None = None, prog: str = 'uniseg3d info') -> None:
    """Print a few lines about each."""
    parser = described_parser(__doc__, prog)
    parser.add_argument('things', nargs='+', metavar='FILE', help='files, folders, bare names of configs or of shipped models')
    for thing in parser.parse_args(arguments).things:
        print(thing)
        for line in describe(thing):
            print(f'  {line}')


def describe(thing: str) -> Iterator[str]:
    """Lines about a file, a folder, a shipped model or a config."""
    path = Path(thing)
    if thing in shipped_models():
        return _shipped(shipped_models()[thing])
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
        entries = ', '.join(entry.title for entry in layer.legend)
        yield f'{name}: {entries}' if entries else name
    if shown.cameras:
        yield f'{len(shown.cameras)} cameras'
    yield from (f'note: {note}' for note in shown.notes)


def _shipped(model: ShippedModel) -> Iterator[str]:
    """What it is, how it was made, and what it reached; the digest is computed again."""
    yield f'{model.what}; {model.licence}'
    yield from (f'{name} on held-out rooms: {value:g}' for name, value in model.reached.items())
    yield from (f'made by: {command}' for command in model.recipe)
    whole = 'as it was shipped' if model.arrived_whole() else 'NOT as it was shipped: install the package again'
    yield f'{model.path}: {model.digest}, {whole}'
    yield from _weights(model.path)


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
