"""Which file a run continues from."""

import os
import re
from pathlib import Path

from uniseg3d.engine.hooks.checkpoint import STATE_KEY
from uniseg3d.utils.errors import CheckpointError
from uniseg3d.utils.torch_files import read_torch_file

STEP = re.compile(r'(epoch|iter)_(\d+)\.pth')


def checkpoints(work_dir: str | Path) -> list[Path]:
    """Regular checkpoints of a run, the newest first; by step, or by time where epochs and iterations are mixed."""
    found = [(path, match) for path in Path(work_dir).glob('*.pth') if (match := STEP.fullmatch(path.name))]
    by_step = len({match[1] for _, match in found}) == 1
    found.sort(key=lambda item: int(item[1][2]) if by_step else item[0].stat().st_mtime_ns, reverse=True)
    return [path for path, _ in found]


def candidates(work_dir: str | Path) -> list[Path]:
    """Files to continue from, the best first: the one that the run saved last, then older ones beside it.

    Files of later steps belong to an earlier run in the same folder, or to the moment before a kill. Without a note of what
    was saved last, all checkpoints in the folder count.
    """
    note = Path(work_dir) / 'last_checkpoint'
    if not note.is_file():
        return checkpoints(work_dir)
    named = Path(note.read_text(encoding='utf-8', errors='replace').strip())
    here = Path(work_dir) / named.name  # a folder that was moved or copied continues from its own files
    last = here if here.is_file() else named
    beside = checkpoints(last.parent)
    return beside[beside.index(last) :] if last in beside else checkpoints(work_dir)


def newest_good(work_dir: str | Path, weights_only: bool = False) -> Path | None:
    """The newest checkpoint to continue from; ``None`` if there is none at all. Damaged ones are named and passed over.

    ``weights_only``: the file is wanted for its weights, so it may lack the state of the run.
    """
    errors: list[str] = []
    for path in candidates(work_dir):
        try:
            read_torch_file(path) if weights_only else check_resumable(path)
        except CheckpointError as error:
            errors.append(str(error))
            continue
        for message in errors:
            announce(f'{message}. Continuing from the previous good one, {path}')
        return path
    if errors:
        raise CheckpointError(f'no checkpoint in {work_dir} can be read: {"; ".join(errors)}')
    return None


def check_resumable(path: str | Path) -> None:
    """Refuse a file that is missing, damaged, or holds weights but not the state of a run."""
    content = read_torch_file(path)
    if not isinstance(content, dict) or STATE_KEY not in content:
        raise CheckpointError(f'{path} holds no state of a run; to start from its weights use --cfg-options load_from={path}')
    if 'optimizer' not in content:
        raise CheckpointError(
            f'{path} holds no state of the optimizer, so a run cannot go on from it (best_*.pth are such files); name an '
            f'epoch_*.pth or iter_*.pth, or start a new run from its weights with --cfg-options load_from={path}'
        )


def existing_weights(path: str | Path) -> Path:
    """``path`` itself, or the newest good checkpoint of a work dir."""
    path = Path(path).expanduser()
    if path.is_dir():
        newest = newest_good(path, weights_only=True)
        if newest is None:
            raise CheckpointError(f'{path} holds no checkpoint (epoch_*.pth or iter_*.pth); train first, or name a file')
        return newest
    if not path.is_file():
        near = ', '.join(sorted(p.name for p in path.parent.glob('*.pth'))[:5]) if path.parent.is_dir() else ''
        raise CheckpointError(f'{path} does not exist' + (f'; beside it there are: {near}' if near else '; check the path'))
    return path


def announce(message: str) -> None:
    """Print once, however many processes there are: the log of the run does not exist yet."""
    if os.environ.get('RANK', '0') == '0':
        print(message, flush=True)
