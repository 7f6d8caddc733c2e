"""B4 the whole U-Net, index included, and B5 the memory it needs."""

import json
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

from benchmarks.checks import require_close
from benchmarks.convolutions import engines
from benchmarks.rooms import room
from benchmarks.spconv_peer import load_spconv, spconv_ready, spconv_unet
from benchmarks.timing import Item, Row, Settings
from uniseg3d.models.encoders.sparse_unet import SparseUNet
from uniseg3d.ops.sparse import Level, SparseTensor, SubMConv3d, use_backend

PLANES = (32, 64, 96, 128, 160)
TOLERANCE = 1e-5
SMALLEST_EXTENT = 128  # voxels
MEGABYTE = 2**20
Pass = Callable[[bool], Tensor]  # argument: train step instead of evaluation


def whole_net(settings: Settings) -> Iterator[Item]:
    """B4: five levels, two blocks each; evaluation forward, and forward + backward in training mode."""
    for count in settings.sizes_or(50_000, 100_000, 200_000):
        coords = room(count).coords(settings.device)
        names = engines(settings.device) + (['spconv'] if spconv_ready(settings.threads, settings.device) else [])
        nets = _nets(names, coords)
        baseline = 'spconv' if 'spconv' in nets else 'torch'
        expected = nets[baseline](False)
        for name, run in nets.items():
            tolerance = TOLERANCE if settings.device == 'cpu' else 2e-2  # TF32 on GPUs
            require_close('B4', name, run(False), expected, tolerance)
        flop = _flop(coords)
        for what, train in (('forward', False), ('train step', True)):
            works = {name: (lambda run=run, train=train: run(train)) for name, run in nets.items()}
            yield Item('B4', f'U-Net {what}', f'{len(coords)} voxels', baseline, works, flop * (3 if train else 1))


def memory(settings: Settings) -> list[Row]:
    """B5: growth of the peak memory, each engine in a process of its own."""
    rows = []
    spconv = ['spconv'] if spconv_ready(settings.threads, settings.device) else []
    for count in settings.sizes_or(100_000):
        room(count)  # made here, so that no measured process has to
        names = [*spconv, *engines(settings.device)]
        grown = [_in_own_process(name, count, settings) for name in names]
        for part, what in enumerate(('U-Net evaluation', 'U-Net training')):
            for name, values in zip(names, grown, strict=True):
                ratio = values[part] / max(grown[0][part], 1.0)
                place = ('B5', what, f'{count} voxels', name, names[0], settings.threads, settings.device)
                rows.append(Row(*place, ratio, ratio, ratio, unit='MB', value=values[part]))
    return rows


def _nets(names: list[str], coords: Tensor) -> dict[str, Pass]:
    torch.manual_seed(0)
    ours = SparseUNet(6, PLANES, odd_plane='drop', reinterpret_pointwise=True).to(coords.device)
    features = torch.randn(len(coords), 6, device=coords.device)
    shape = _shape(coords)
    nets = {
        name: _pass(ours, lambda: SparseTensor(features, Level(coords, shape, 1)), name) for name in names if name != 'spconv'
    }
    if 'spconv' in names:
        theirs = spconv_unet(PLANES).to(coords.device)
        theirs.load_state_dict(ours.state_dict())
        sp = load_spconv()
        nets['spconv'] = _pass(theirs, lambda: sp.SparseConvTensor(features, coords, shape, 1), 'auto')
    return nets


def _pass(net: nn.Module, tensor: Callable[[], object], backend: str) -> Pass:
    def run(train: bool) -> Tensor:
        with use_backend(backend):
            if not train:
                with torch.no_grad():
                    return net.eval()(tensor()).features
            net.train().zero_grad()
            result = net(tensor()).features
            result.square().mean().backward()
            return result

    return run


def _flop(coords: Tensor) -> float:
    """Useful operations of all sub-manifold and strided convolutions of one forward pass."""
    net = SparseUNet(1, PLANES, odd_plane='drop')
    counted = 0.0

    def count(layer: nn.Module, inputs: tuple[SparseTensor], output: SparseTensor) -> None:
        nonlocal counted
        big, small = (inputs[0], output) if len(inputs[0]) > len(output) else (output, inputs[0])
        pairs = len(big)
        if isinstance(layer, SubMConv3d) and layer.window.volume > 1:
            pairs = int((small.level.neighbours(layer.window).rows >= 0).sum())
        counted += 2.0 * pairs * layer.weight.shape[0] * layer.weight.shape[-1]

    for module in net.modules():
        if hasattr(module, 'window'):
            module.register_forward_hook(count)
    with torch.no_grad():
        net(SparseTensor(torch.zeros(len(coords), 1), Level(coords.cpu(), _shape(coords))))
    return counted


def _shape(coords: Tensor) -> list[int]:
    """Extents that UniSeg3D would give the grid: five halvings of a tiny scene leave something."""
    return (coords[:, 1:].amax(0) + 1).clamp(min=SMALLEST_EXTENT).tolist()


def _in_own_process(engine: str, count: int, settings: Settings) -> list[float]:
    arguments = [engine, str(count), str(settings.threads), settings.device]
    code = 'import sys; sys.path.insert(0, sys.argv[1]); from benchmarks.unet import print_growth; print_growth(*sys.argv[2:])'
    command = [sys.executable, '-c', code, str(Path(__file__).parents[1]), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def print_growth(engine: str, count: str, threads: str, device: str) -> None:
    """Megabytes by which evaluation, and then training, raise the peak of this process: a JSON list."""
    torch.set_num_threads(int(threads))
    run = _nets([engine], room(int(count)).coords(device))[engine]
    before = _peak(device)
    run(False)
    evaluated = _peak(device)
    for _ in range(2):
        run(True)
    print(json.dumps([evaluated - before, _peak(device) - before]))


def _peak(device: str) -> float:
    if device == 'cuda':
        return torch.cuda.max_memory_allocated() / MEGABYTE
    status = Path('/proc/self/status')
    if status.exists():  # the figure of getrusage starts at the size of the process that started this one
        return int(status.read_text().split('VmHWM:')[1].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
