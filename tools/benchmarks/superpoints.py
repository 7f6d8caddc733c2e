"""B6 pooling over superpoints and B7 their making."""

from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec

import numpy as np
import torch
from scipy.spatial import cKDTree
from torch import Tensor

from benchmarks.checks import require_close, require_same_partition
from benchmarks.mesh_peer import mesh_peer_ready, segment_mesh
from benchmarks.rooms import room
from benchmarks.timing import Item, Settings
from uniseg3d.ops.scatter import segment_max, segment_mean
from uniseg3d.superpoints import cloud_superpoints, mesh_superpoints, relabel
from uniseg3d.superpoints.edge_order import edges_by_weight
from uniseg3d.superpoints.mesh_graph import edge_weights, face_edges, face_normals, vertex_normals
from uniseg3d.superpoints.union_find import merge_components
from uniseg3d.superpoints.voxel_graph import closed_graph, moment_normals, spread_moments

SUPERPOINTS = 3000
MASKS = 200
CHANNELS = (32, 128)
NEIGHBOURS = 10
STEPS, STEP_HEIGHT, MESH_NOISE = 25, (0.05, 0.4), 0.001  # terraces of the height field, metres
Reduction = Callable[[Tensor], Tensor]


def pooling(settings: Settings) -> Iterator[Item]:
    """B6: mean and maximum over superpoints, and masks of superpoints spread over points."""
    generator = torch.Generator().manual_seed(0)
    for count in settings.sizes_or(200_000):
        parts = min(SUPERPOINTS, count // 4)
        ids = torch.randint(0, parts, (count,), generator=generator).to(settings.device)
        size = f'{count} to {parts}'
        for channels in CHANNELS:
            values = torch.randn(count, channels, generator=generator).to(settings.device).requires_grad_()
            for kind in ('mean', 'max'):
                yield from _reduction_items(kind, values, ids, parts, size)
        yield _expansion(ids, parts, generator, settings)


def making(settings: Settings) -> Iterator[Item]:
    """B7: superpoints of a mesh and of a raw cloud."""
    for count in settings.sizes_or(200_000):
        vertices, faces = height_field(round(count**0.5))
        works: dict[str, Callable[[], object]] = {'ours': lambda v=vertices, f=faces: mesh_superpoints(v, f)}
        if mesh_peer_ready():
            works['C++ port'] = lambda v=vertices, f=faces: segment_mesh(v, f)
            pair = (torch.from_numpy(work()) for work in works.values())
            require_same_partition('B7 mesh', *pair)
        yield Item('B7', 'mesh', f'{len(vertices)} vertices', 'C++ port' if len(works) > 1 else 'ours', works)
        yield Item('B7', 'mesh by parts', f'{len(vertices)} vertices', 'whole', mesh_parts(vertices, faces))
        xyz = room(count).xyz
        clouds = {'k-d tree': lambda p=xyz: tree_superpoints(p), 'ours': lambda p=xyz: cloud_superpoints(p)}
        yield Item('B7', 'raw cloud', f'{len(xyz)} points', 'k-d tree', clouds)
        yield Item('B7', 'raw cloud by parts', f'{len(xyz)} points', 'whole', cloud_parts(xyz))


def _reduction_items(kind: str, values: Tensor, ids: Tensor, count: int, size: str) -> Iterator[Item]:
    reductions = _reductions(kind, ids, count, values.shape[1])
    baseline = 'torch-scatter' if 'torch-scatter' in reductions else 'torch'
    grad = torch.randn(count, values.shape[1], device=values.device)
    expected = reductions[baseline](values)
    (expected_grad,) = torch.autograd.grad(expected, values, grad)
    for name, reduce in reductions.items():
        result = reduce(values)
        require_close(f'B6 {kind}', name, result, expected, 1e-5)
        require_close(f'B6 {kind}, gradient', name, torch.autograd.grad(result, values, grad)[0], expected_grad, 1e-5)
    what = f'{kind} {values.shape[1]}'
    works = {name: (lambda r=r: r(values.detach())) for name, r in reductions.items()}
    yield Item('B6', f'{what} forward', size, baseline, works)
    both = {name: (lambda r=r: torch.autograd.grad(r(values), values, grad)) for name, r in reductions.items()}
    yield Item('B6', f'{what} forward + backward', size, baseline, both)


def _reductions(kind: str, ids: Tensor, count: int, channels: int) -> dict[str, Reduction]:
    ours = segment_mean if kind == 'mean' else segment_max
    found: dict[str, Reduction] = {'ours': lambda values: ours(values, ids, count)}
    if find_spec('torch_scatter'):
        scatter = import_module('torch_scatter')
        peer = scatter.scatter_mean if kind == 'mean' else lambda *args, **kwargs: scatter.scatter_max(*args, **kwargs)[0]
        found['torch-scatter'] = lambda values: peer(values, ids, dim=0, dim_size=count)
    found['torch'] = _torch_mean(ids, count) if kind == 'mean' else _torch_max(ids, count)
    return found


def _torch_mean(ids: Tensor, count: int) -> Reduction:
    def reduce(values: Tensor) -> Tensor:
        sizes = torch.bincount(ids, minlength=count).clamp(min=1)[:, None]
        return values.new_zeros(count, values.shape[1]).index_add(0, ids, values) / sizes

    return reduce


def _torch_max(ids: Tensor, count: int) -> Reduction:
    def reduce(values: Tensor) -> Tensor:
        start = values.new_zeros(count, values.shape[1])
        return start.scatter_reduce(0, ids[:, None].expand_as(values), values, 'amax', include_self=False)

    return reduce


def _expansion(ids: Tensor, count: int, generator: torch.Generator, settings: Settings) -> Item:
    logits = torch.randn(MASKS, count, generator=generator).to(settings.device)
    works = {'expand, then compare': lambda: logits[:, ids] > 0, 'ours': lambda: (logits > 0).index_select(1, ids)}
    return Item('B6', f'{MASKS} masks to points', f'{count} to {len(ids)}', 'expand, then compare', works)


def height_field(side: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A noisy terraced field of ``side`` x ``side`` vertices: [N, 3] float32 metres and [F, 3] int64."""
    rng = np.random.default_rng(seed)
    height = rng.normal(0, MESH_NOISE, (side, side))
    for _ in range(STEPS):
        row, column = rng.integers(0, side, 2)
        rows, columns = rng.integers(side // 20, side // 4, 2)
        height[row : row + rows, column : column + columns] += rng.uniform(*STEP_HEIGHT)
    u, v = np.meshgrid(np.arange(side) * 0.02, np.arange(side) * 0.02, indexing='ij')
    low = (np.arange(side - 1)[:, None] * side + np.arange(side - 1)).reshape(-1)
    faces = np.concatenate([np.stack([low, low + side, low + 1], 1), np.stack([low + 1, low + side, low + side + 1], 1)])
    return np.stack([u, v, height], -1).reshape(-1, 3).astype(np.float32), faces


def mesh_parts(vertices: np.ndarray, faces: np.ndarray) -> dict[str, Callable[[], object]]:
    """What ``mesh_superpoints`` does, step by step, each with its inputs at hand."""
    faces = faces.astype(np.int32)
    normals = vertex_normals(len(vertices), faces, face_normals(vertices, faces))
    edges = face_edges(faces)
    weights = edge_weights(vertices, normals, edges)
    ordered = edges_by_weight(edges, weights)
    return {
        'whole': lambda: mesh_superpoints(vertices, faces),
        'normals': lambda: vertex_normals(len(vertices), faces, face_normals(vertices, faces)),
        'edges and weights': lambda: edge_weights(vertices, normals, face_edges(faces)),
        'sort': lambda: edges_by_weight(edges, weights),
        'merge': lambda: merge_components(*ordered, len(vertices), np.float32(0.01), 20),
    }


def cloud_parts(xyz: np.ndarray) -> dict[str, Callable[[], object]]:
    """What ``cloud_superpoints`` does to a cloud without colours, step by step."""
    xyz = xyz.astype(np.float64)
    graph = closed_graph(xyz)
    near = spread_moments(graph.moments, graph.pairs)
    weights = np.random.default_rng(0).random(len(graph.pairs), np.float32)
    ordered = edges_by_weight(graph.pairs, weights)
    return {
        'whole': lambda: cloud_superpoints(xyz),
        'voxels and their neighbours': lambda: closed_graph(xyz),
        'normals': lambda: moment_normals(spread_moments(graph.moments, graph.pairs)),
        'normals: closed-form directions': lambda: moment_normals(near),
        'sort': lambda: edges_by_weight(graph.pairs, weights),
        'merge': lambda: merge_components(*ordered, len(graph.moments), np.float32(0.05), 6),
    }


def tree_superpoints(xyz: np.ndarray) -> np.ndarray:
    """The usual pipeline for raw clouds: k-d tree, normals by eigenvalues, graph segmentation of all neighbour pairs."""
    xyz = xyz.astype(np.float64)
    near = cKDTree(xyz, balanced_tree=False).query(xyz, k=min(NEIGHBOURS, len(xyz)))[1]  # [N, k]
    around = xyz[near] - xyz[near].mean(1, keepdims=True)
    normals = np.linalg.eigh(np.einsum('nki,nkj->nij', around, around))[1][:, :, 0]
    edges = np.stack([np.repeat(near[:, 0], near.shape[1] - 1), near[:, 1:].reshape(-1)], 1)
    weights = (1 - np.abs(np.einsum('ei,ei->e', *normals[edges].transpose(1, 0, 2)))).astype(np.float32)
    order = np.argsort(weights, kind='stable')
    return relabel(merge_components(edges[order], weights[order], len(xyz), np.float32(0.05), 20))
