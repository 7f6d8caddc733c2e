"""The one place for what mmengine 0.10.7 and its neighbours need on a current torch, with or without a GPU.

* mmengine reads local checkpoints with torch's unpickler as it comes: ``safe_checkpoint_loading`` puts our reader there.
* mmengine writes ``HistoryBuffer`` objects into checkpoints, which a safe reader refuses: ``plain`` and
  ``restore_message_hub`` turn them into tensors and back.
* mmengine lays out the whole config again at every checkpoint: ``format_configs_once``.
* mmengine selects a CUDA device before it starts gloo: ``init_distributed`` does not.
* torchvision's CUDA wheel does not import beside a CPU torch, and open_clip, transformers and mmengine's log import it:
  ``declare_torchvision_operators`` gives it the names it looks for.
"""

import atexit
import datetime
import importlib.util
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
import torch.distributed
from mmengine.config import config as config_module
from mmengine.logging import HistoryBuffer
from mmengine.runner import CheckpointLoader

from uniseg3d.utils.errors import ConfigError
from uniseg3d.utils.optional import import_optional
from uniseg3d.utils.torch_files import read_torch_file

LAUNCHER_VARIABLES = {
    'pytorch': {'RANK': 'RANK', 'LOCAL_RANK': 'LOCAL_RANK', 'WORLD_SIZE': 'WORLD_SIZE'},
    'slurm': {'RANK': 'SLURM_PROCID', 'LOCAL_RANK': 'SLURM_LOCALID', 'WORLD_SIZE': 'SLURM_NTASKS'},
    'mpi': {
        'RANK': 'OMPI_COMM_WORLD_RANK',
        'LOCAL_RANK': 'OMPI_COMM_WORLD_LOCAL_RANK',
        'WORLD_SIZE': 'OMPI_COMM_WORLD_SIZE',
    },
}
FORMATTED = '_formats_once'  # mark on mmengine's module
PLAIN = (type(None), bool, int, float, str, bytes)  # exactly these: numpy's floats are floats, too
_kept_alive: list[Any] = []  # torch forgets an operator library that nobody holds


def safe_checkpoint_loading() -> None:
    """Let every local path that mmengine loads go through the safe reader."""

    def load_from_local(filename: str, map_location: Any = None) -> Any:
        return read_torch_file(filename, map_location)

    CheckpointLoader.register_scheme(prefixes='', loader=load_from_local, force=True)


def format_configs_once() -> None:
    """mmengine lays out the text of the whole config at every checkpoint, a fifth of a second and more: keep the answer."""
    if FORMATTED not in vars(config_module):
        layout, answers = config_module.FormatCode, dict[str, Any]()

        def remembered(text: str, *args: Any, **kwargs: Any) -> Any:
            if text not in answers:
                answers[text] = layout(text, *args, **kwargs)
            return answers[text]

        config_module.FormatCode = remembered
        setattr(config_module, FORMATTED, True)


def plain(value: Any) -> Any:
    """``value`` in types that torch reads with ``weights_only=True``; what has none becomes its text."""
    if type(value) in PLAIN or isinstance(value, torch.Tensor):
        return value
    if isinstance(value, HistoryBuffer):
        history, counts = value.data
        return {'history': torch.as_tensor(history), 'counts': torch.as_tensor(counts), 'max_length': value.max_length}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return torch.as_tensor(value) if value.dtype.kind in 'biuf' else value.tolist()
    if isinstance(value, Mapping):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(plain(item) for item in value) if type(value) in (list, tuple) else [plain(item) for item in value]
    return str(value)


def restore_message_hub(state: dict[str, Any]) -> dict[str, Any]:
    """Undo ``plain`` on the state of a message hub."""
    scalars = {
        name: HistoryBuffer(entry['history'].cpu().numpy(), entry['counts'].cpu().numpy(), entry['max_length'])
        for name, entry in state['log_scalars'].items()
    }
    return {**state, 'log_scalars': scalars}


def init_distributed(launcher: str, backend: str | None = None, timeout: float = 1800) -> None:
    """Join the process group that ``launcher`` started, until Python ends. ``backend`` ``None``: nccl on GPUs, else gloo."""
    _export_rank(launcher)
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ['LOCAL_RANK']) % torch.cuda.device_count())
    backend = backend or ('nccl' if torch.cuda.is_available() else 'gloo')
    torch.distributed.init_process_group(backend, timeout=datetime.timedelta(seconds=timeout))
    atexit.register(_leave)


def _leave() -> None:
    """gloo's threads must not outlive the interpreter: now and then they would abort a run that has finished its work."""
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


def _export_rank(launcher: str) -> None:
    """Translate the launcher's variables to the names torch reads."""
    variables = LAUNCHER_VARIABLES[launcher]
    for name, source in variables.items():
        if source not in os.environ:
            raise ConfigError(f'--launcher {launcher} needs the environment variable {source}; start the run with its launcher')
        os.environ[name] = os.environ[source]
    if launcher == 'slurm' and 'MASTER_ADDR' not in os.environ:
        listing = ['scontrol', 'show', 'hostnames', os.environ['SLURM_NODELIST']]
        os.environ['MASTER_ADDR'] = subprocess.run(listing, capture_output=True, text=True, check=True).stdout.split()[0]
    os.environ.setdefault('MASTER_ADDR', '127.0.0.1')
    os.environ.setdefault('MASTER_PORT', '29500')


def import_open_clip() -> ModuleType:
    """``open_clip``, also where torchvision's compiled operators do not load."""
    return import_beside_torchvision('open_clip')


def import_beside_torchvision(name: str, extra: str | None = None) -> ModuleType:
    """A package that imports torchvision, also where its compiled operators do not load; ``extra`` of ours brings it."""
    declare_torchvision_operators()
    return import_optional(name, extra)


def declare_torchvision_operators() -> None:
    """Make ``import torchvision`` succeed where its compiled operators do not load; they stay unusable."""
    spec = importlib.util.find_spec('torchvision')
    if _kept_alive or spec is None or spec.origin is None:
        return
    for compiled in Path(spec.origin).parent.glob('_C*'):
        try:
            torch.ops.load_library(str(compiled))
            return  # a build that fits this torch brings its operators
        except OSError:
            continue
    library = torch.library.Library('torchvision', 'FRAGMENT')
    for name in ('nms', 'qnms'):
        library.define(f'{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor')
    _kept_alive.append(library)
