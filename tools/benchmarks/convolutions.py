"""B1 neighbour tables, B2 sub-manifold and B3 strided convolutions."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from benchmarks.checks import require_close
from benchmarks.rooms import room
from benchmarks.spconv_peer import index_pairs, load_spconv, spconv_ready
from benchmarks.timing import Item, Settings
from uniseg3d.ops.sparse import (
    Level,
    NeighbourTable,
    SparseConv3d,
    SparseInverseConv3d,
    SparseTensor,
    SubMConv3d,
    available_backends,
    centred_window,
    strided_window,
    use_backend,
)
from uniseg3d.ops.sparse.backends import cpu_kernel

CHANNELS = (32, 64, 96, 128, 160)
STEPS = ((32, 64), (64, 96))
CHECKED = 3000  # voxels of the comparison in double precision
ENGINES = {'cpu': ('torch', 'cpu'), 'cuda': ('torch', 'triton')}
AVX2 = 'cpu with AVX2'
TOLERANCE = 2e-5
SUBMANIFOLD, STRIDED = centred_window(3), strided_window(2, 2)


def engines(device: str) -> list[str]:
    """Our back ends that are ready on this machine and meant for the device."""
    ready = {report.name for report in available_backends() if report.ready}
    return [name for name in ENGINES[device] if name in ready]


def kernel_maps(settings: Settings) -> Iterator[Item]:
    """B1: from coordinates to tables, cold."""
    for count in settings.sizes_or(50_000, 100_000, 200_000):
        for order in ('random', 'morton'):
            coords = room(count).coords(settings.device, order == 'morton')
            shape = _shape(coords)
            works: dict[str, dict[str, Callable[[], object]]] = {
                'k3 table': {'ours': lambda c=coords: Level(c).neighbours(SUBMANIFOLD)},
                'k3 pairs': {'ours': lambda c=coords: Level(c).neighbours(SUBMANIFOLD).pairs},
                'k2s2 level': {'ours': lambda c=coords: Level(c).strided(STRIDED)},
            }
            if spconv_ready(settings.threads, settings.device) and settings.device == 'cpu':
                subm, strided = (3, 1, True), (2, 2, False)
                for what, how in zip(works, (subm, subm, strided), strict=True):
                    works[what]['spconv'] = lambda c=coords, s=shape, how=how: index_pairs(c, s, *how)
            for what, candidates in works.items():
                yield Item('B1', f'{what}, {order}', _size(coords), _baseline(candidates, 'ours'), candidates)


def submanifold(settings: Settings) -> Iterator[Item]:
    """B2: one 3x3x3 layer on a cached table, forward and forward + backward."""
    for count in settings.sizes_or(100_000):
        coords = room(count).coords(settings.device)
        for channels in CHANNELS:
            _check_engines(coords[:CHECKED], channels, settings)
            yield from _layer_items(coords, channels, torch.float32, settings)
            half = torch.bfloat16 if settings.device == 'cpu' else torch.float16
            yield from _layer_items(coords, channels, half, settings)


def strides(settings: Settings) -> Iterator[Item]:
    """B3: 2x2x2 convolutions down and back, with and without building their index."""
    for count in settings.sizes_or(100_000):
        coords = room(count).coords(settings.device)
        for fine, coarse in STEPS:
            for cached in (True, False):
                candidates = {name: _stride_pass(name, coords, fine, coarse, cached) for name in engines(settings.device)}
                if spconv_ready(settings.threads, settings.device):
                    candidates['spconv'] = _spconv_stride_pass(coords, fine, coarse, cached)
                for index, part in enumerate(('down', 'down + up', 'down + up, forward + backward')):
                    what = f'k2s2 {fine}-{coarse} {part}{"" if cached else ", index included"}'
                    works = {name: passes[index] for name, passes in candidates.items()}
                    yield Item('B3', what, _size(coords), _baseline(works, 'torch'), works)


def _layer_items(coords: Tensor, channels: int, dtype: torch.dtype, settings: Settings) -> Iterator[Item]:
    level = Level(coords)
    table = level.neighbours(SUBMANIFOLD)
    features = torch.randn(len(coords), channels, device=coords.device, dtype=dtype, requires_grad=True)
    grad = torch.randn_like(features)
    layers = {name: _ours(name, SparseTensor(features, level), channels) for name in engines(settings.device)}
    if dtype != torch.float32:
        layers.pop('cpu', None)
    peers = spconv_ready(settings.threads, settings.device) and (dtype == torch.float32 or settings.device == 'cuda')
    layers['spconv' if peers else 'gather'] = (_spconv if peers else _gathered)(features, level, channels)
    kind = '' if dtype == torch.float32 else f' {str(dtype).removeprefix("torch.")}'
    flop = 2.0 * channels**2 * int((table.rows >= 0).sum())
    baseline = 'spconv' if peers else 'gather'
    expected = layers[baseline]()
    if 'cpu' in layers and 'avx2' in cpu_kernel.instruction_sets()[1:]:
        layers[AVX2] = _narrow_vectors(features, table, channels)
    for name, layer in layers.items():
        require_close('B2', name, layer(), expected, _tolerance(dtype, settings))
    for what, factor in (('forward', 1), ('forward + backward', 3)):
        works = {
            name: _run(layer, features, grad, factor == 3) for name, layer in layers.items() if (name, factor) != (AVX2, 3)
        }
        yield Item('B2', f'subm3 {channels}-{channels}{kind} {what}', _size(coords), baseline, works, flop * factor)


def _tolerance(dtype: torch.dtype, settings: Settings) -> float:
    if dtype != torch.float32:
        return 3e-2
    return TOLERANCE if settings.device == 'cpu' else 5e-3  # TF32 on GPUs


def _run(layer: Callable[[], Tensor], features: Tensor, grad: Tensor, backward: bool) -> Callable[[], object]:
    def forward() -> object:
        with torch.no_grad():
            return layer()

    def both() -> None:
        features.grad = None
        layer().backward(grad)

    return both if backward else forward


def _ours(name: str, tensor: SparseTensor, channels: int) -> Callable[[], Tensor]:
    layer = _seeded(SubMConv3d(channels, channels)).to(tensor.features.device, tensor.features.dtype)

    def run() -> Tensor:
        layer.zero_grad()
        with use_backend(name):
            return layer(tensor).features

    return run


def _narrow_vectors(features: Tensor, table: NeighbourTable, channels: int) -> Callable[[], Tensor]:
    """The C kernel as it runs on machines without AVX-512: forward only."""
    weight = _seeded(SubMConv3d(channels, channels)).matrices.detach()
    return lambda: cpu_kernel.convolve(features.detach(), weight, table, 'avx2')


def _spconv(features: Tensor, level: Level, channels: int) -> Callable[[], Tensor]:
    sp = load_spconv()
    layer = sp.SubMConv3d(channels, channels, 3, bias=False, indice_key='same').to(features.device, features.dtype)
    layer.load_state_dict(_seeded(SubMConv3d(channels, channels)).state_dict())
    tensor = sp.SparseConvTensor(features, level.coords, list(level.spatial_shape), 1)
    layer(tensor)  # builds the index, which the tensor keeps

    def run() -> Tensor:
        layer.zero_grad()
        return layer(tensor).features

    return run


def _gathered(features: Tensor, level: Level, channels: int) -> Callable[[], Tensor]:
    table = level.neighbours(SUBMANIFOLD)
    layer = _seeded(SubMConv3d(channels, channels)).to(features.device, features.dtype)
    weight = layer.weight.permute(1, 2, 3, 4, 0).reshape(-1, channels, channels).detach().requires_grad_()
    _ = table.pairs
    return lambda: gather_convolution(features, weight, table)


def gather_convolution(features: Tensor, weight: Tensor, table: NeighbourTable) -> Tensor:
    """The definition: gather, multiply, add, offset by offset: [n_in, Cin], [K, Cin, Cout] to [n_out, Cout]."""
    result = features.new_zeros(table.target_count, weight.shape[2])
    for matrix, pairs in zip(weight, table.pairs, strict=True):
        result = result.index_add(0, pairs.target, features.index_select(0, pairs.source) @ matrix)
    return result


def _check_engines(coords: Tensor, channels: int, settings: Settings) -> None:
    """Every engine against the definition in double precision: result, and gradient of the features."""
    level = Level(coords.contiguous())
    features = torch.randn(len(coords), channels, device=coords.device, requires_grad=True)
    grad = torch.randn_like(features)
    exact = features.detach().double().requires_grad_()
    expected = _gathered(exact, level, channels)()
    expected.backward(grad.double())
    layers = {name: _ours(name, SparseTensor(features, level), channels) for name in engines(settings.device)}
    if spconv_ready(settings.threads, settings.device):
        layers['spconv'] = _spconv(features, level, channels)
    tolerance = _tolerance(torch.float32, settings)
    for name, layer in layers.items():
        features.grad = None
        result = layer()
        result.backward(grad)
        require_close(f'B2 {channels} channels', name, result, expected, tolerance)
        require_close(f'B2 {channels} channels, gradient', name, features.grad, exact.grad, tolerance)


def _stride_pass(name: str, coords: Tensor, fine: int, coarse: int, cached: bool) -> list[Callable[[], object]]:
    down = _seeded(SparseConv3d(fine, coarse)).to(coords.device)
    up = _seeded(SparseInverseConv3d(coarse, fine)).to(coords.device)
    features, level = torch.randn(len(coords), fine, device=coords.device, requires_grad=True), Level(coords)

    def run(both: bool) -> Tensor:
        with use_backend(name):
            made = down(SparseTensor(features, level if cached else Level(coords)))
            return (up(made) if both else made).features

    return _passes(run, features)


def _spconv_stride_pass(coords: Tensor, fine: int, coarse: int, cached: bool) -> list[Callable[[], object]]:
    sp = load_spconv()
    down = sp.SparseConv3d(fine, coarse, 2, 2, bias=False, indice_key='step').to(coords.device)
    up = sp.SparseInverseConv3d(coarse, fine, 2, bias=False, indice_key='step').to(coords.device)
    features = torch.randn(len(coords), fine, device=coords.device, requires_grad=True)

    def tensor() -> object:
        return sp.SparseConvTensor(features, coords, _shape(coords), 1)

    kept = tensor()

    def run(both: bool) -> Tensor:
        made = down(kept if cached else tensor())
        return (up(made) if both else made).features

    return _passes(run, features)


def _passes(run: Callable[[bool], Tensor], features: Tensor) -> list[Callable[[], object]]:
    def forward(both: bool) -> object:
        with torch.no_grad():
            return run(both)

    def backward() -> None:
        features.grad = None
        run(True).sum().backward()

    return [lambda: forward(False), lambda: forward(True), backward]


def _seeded(layer: nn.Module) -> nn.Module:
    generator = torch.Generator().manual_seed(0)
    for parameter in layer.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator) * 0.1
    return layer


def _shape(coords: Tensor) -> list[int]:
    return (coords[:, 1:].amax(0) + 1).tolist()


def _size(coords: Tensor) -> str:
    return f'{len(coords)} voxels'


def _baseline(works: dict[str, Callable[[], object]], otherwise: str) -> str:
    return 'spconv' if 'spconv' in works else otherwise
