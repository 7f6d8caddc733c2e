"""What this machine and installation can do."""

import os
import platform
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

import torch

import uniseg3d
from uniseg3d.ops import attention_kernel
from uniseg3d.ops.sparse import available_backends
from uniseg3d.utils.mmengine_compat import declare_torchvision_operators

# extra -> module to look for, and what it enables
EXTRAS = {
    'cuda': ('spconv', 'faster sparse convolutions on GPUs'),
    'openmmlab': ('mmdet3d', 'components of MMDetection3D in configs, by the prefix mmdet3d.'),
    'logging': ('tensorboard', 'TensorBoard curves: visualizer.vis_backends=[dict(type="TensorboardVisBackend")]'),
    'demo': ('viser', 'the browser viewer: uniseg3d view'),
    'priors': ('transformers', 'experts for photos on CLIP, panoptic networks, captioners and diffusion'),
    'tests': ('pytest', 'the test suite: bash tools/run_tests.sh'),
}
BASE = ('torch', 'mmengine', 'numpy', 'scipy', 'numba', 'open_clip_torch', 'torchvision', 'safetensors', 'pillow', 'matplotlib')
SAFE_TORCH = (2, 10)  # older safe unpicklers have known holes
SETUPTOOLS_LIMIT = 82  # from here on there is no pkg_resources, which mmengine imports


@dataclass
class EnvironmentReport:
    """Facts by heading, and what should be changed."""

    sections: dict[str, dict[str, str]]
    advice: list[str]

    def __str__(self) -> str:
        lines = []
        for title, facts in self.sections.items():
            width = max(map(len, facts))
            lines += [title, *(f'  {name.ljust(width)}  {fact}' for name, fact in facts.items()), '']
        lines += ['advice', *(f'  * {line}' for line in self.advice or ['none: all is well'])]
        return '\n'.join(lines)


def environment_report() -> EnvironmentReport:
    """Versions, devices, back ends and extras; nothing is installed or changed."""
    sections = {
        'system': _system(),
        'packages': {name: installed_version(name) or 'missing' for name in (*BASE, 'setuptools')},
        'devices': _devices(),
        'back ends': _back_ends(),
        'extras': {name: _extra(name) for name in EXTRAS},
    }
    return EnvironmentReport(sections, _advice())


def installed_version(package: str) -> str | None:
    """Version of a distribution, or ``None``."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _system() -> dict[str, str]:
    return {
        'uniseg3d': uniseg3d.__version__,
        'python': platform.python_version(),
        'platform': platform.platform(),
        'cpu cores': f'{len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()}',
        'torch threads': str(torch.get_num_threads()),
    }


def _devices() -> dict[str, str]:
    if not torch.cuda.is_available():
        built = f'built for CUDA {torch.version.cuda}' if torch.version.cuda else 'a CPU build'
        return {'gpu': f'none; torch is {built}'}
    found = (torch.cuda.get_device_properties(index) for index in range(torch.cuda.device_count()))
    return {f'gpu {index}': f'{gpu.name}, {gpu.total_memory / 2**30:.0f} GiB' for index, gpu in enumerate(found)}


def _back_ends() -> dict[str, str]:
    return {
        'distributed': ', '.join(name for name in ('nccl', 'gloo', 'mpi') if torch.distributed.is_backend_available(name)),
        'sparse convolution': ', '.join(report.name for report in available_backends() if report.ready),
        **{f'  {report.name}': f'not ready: {report.detail}' for report in available_backends() if not report.ready},
        'attention on a CPU': _attention(),
        'compiled loops': _import_state('numba'),
        'text towers': _text_towers(),
    }


def _text_towers() -> str:
    declare_torchvision_operators()
    return _import_state('open_clip')


def _attention() -> str:
    reason = attention_kernel.missing()
    return (
        f'torch; no C kernel: {reason}'
        if reason
        else f'C kernel ({attention_kernel.instruction_sets()[0]}), torch where gradients are wanted'
    )


def _import_state(module: str) -> str:
    try:
        return f'{module} {getattr(import_module(module), "__version__", "")}'.strip()
    except ImportError as error:
        return f'missing: {error}'


def _extra(name: str) -> str:
    module, use = EXTRAS[name]
    return f'found: {use}' if find_spec(module) else f'missing; pip install "uniseg3d[{name}]" enables {use}'


def _advice() -> list[str]:
    advice = []
    if tuple(int(part) for part in torch.__version__.split('.')[:2]) < SAFE_TORCH:
        advice.append(
            f'torch {torch.__version__}: its safe unpickler has known holes (CVE-2026-24747); update to 2.10 or newer, or load '
            '.safetensors only'
        )
    setuptools = installed_version('setuptools')
    if setuptools and int(setuptools.split('.')[0]) >= SETUPTOOLS_LIMIT:
        advice.append(f'setuptools {setuptools} has no pkg_resources, which mmengine imports: pip install "setuptools<82"')
    if find_spec('spconv') and not torch.cuda.is_available():
        advice.append('spconv is installed without a GPU: its CPU build is wrong with more than one thread and is not used')
    return advice
