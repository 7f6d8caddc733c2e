"""Superpoints for files: meshes by the bends of their surface, raw clouds by voxels."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from uniseg3d.apis.cloud_files import find_clouds, scene_name
from uniseg3d.evaluation.functional.superpoint_quality import SuperpointQuality, superpoint_quality
from uniseg3d.io.arrays import read_bin, write_bin, write_npy
from uniseg3d.io.clouds import read_cloud
from uniseg3d.io.raw_cloud import RawCloud
from uniseg3d.superpoints import (
    CloudSuperpointOptions,
    SupervoxelOptions,
    cloud_superpoints,
    cloud_supervoxels,
    mesh_superpoints,
)
from uniseg3d.superpoints.cache import cached_superpoints
from uniseg3d.text.class_lists import scannet20_table
from uniseg3d.transforms.map_semantic import map_semantic
from uniseg3d.utils.errors import ConfigError, DataError
from uniseg3d.utils.parallel import run_jobs

Method = Literal['auto', 'mesh', 'cloud', 'supervoxels']


@dataclass(frozen=True)
class SuperpointOptions:
    """How superpoints are made. ``auto`` takes the mesh where a file has triangles."""

    method: Method = 'auto'
    k_threshold: float = 0.01  # of meshes; larger values make larger superpoints
    min_vertices: int = 20  # of meshes; smaller superpoints join a neighbour
    cloud: CloudSuperpointOptions = field(default_factory=CloudSuperpointOptions)
    supervoxels: SupervoxelOptions = field(default_factory=SupervoxelOptions)


@dataclass
class SuperpointResult:
    """What became of one file."""

    source: Path
    target: Path
    method: str = ''  # mesh, cloud or supervoxels
    points: int = 0
    quality: SuperpointQuality | None = None
    error: str | None = None  # why there is no result


def make_superpoints(
    inputs: Sequence[str | Path],
    out: str | Path | None = None,
    options: SuperpointOptions = SuperpointOptions(),
    file_format: Literal['npy', 'bin'] = 'npy',
    labels: str | Path | None = None,
    cache: str | Path | None = None,
    workers: int = 1,
) -> list[SuperpointResult]:
    """Write the superpoint ids int64 [N] of every cloud or mesh among ``inputs`` and in its folders.

    A file that fails does not stop the others; its result says why.

    Args:
        out: folder of the results, by default beside each input.
        file_format: ``npy``: <stem>.superpoints.npy; ``bin``: <scene>.bin, int64, as super_points/ of a prepared data set.
        labels: a prepared data set; its semantic_mask/ and instance_mask/ are what the superpoints are measured against.
        cache: folder of earlier results, found by content and options.
        workers: processes.
    """
    methods = get_args(Method)
    if options.method not in methods or file_format not in ('npy', 'bin'):
        names = ', '.join(methods)
        raise ConfigError(f'method {options.method!r} must be one of {names}, and file_format {file_format!r} npy or bin')
    if labels is not None and not (Path(labels) / 'semantic_mask').is_dir():
        raise DataError(f'{labels} has no folder semantic_mask; expected a data set prepared by tools/create_data.py')
    targets = _targets(find_clouds([Path(path) for path in inputs]), out, file_format)
    job = partial(
        _try_one, options=options, labels=None if labels is None else Path(labels), cache=None if cache is None else Path(cache)
    )
    return run_jobs(job, list(targets.items()), workers, 'superpoints')


def compute_superpoints(cloud: RawCloud, options: SuperpointOptions, cache: Path | None = None) -> tuple[np.ndarray, str]:
    """Ids [N] of the points of a file, and the method that made them."""
    method = options.method
    if method == 'auto':
        method = 'cloud' if cloud.faces is None else 'mesh'
    if method == 'mesh' and cloud.faces is None:
        raise DataError('the file has no triangles; choose the method cloud or auto')
    compute = {
        'mesh': partial(mesh_superpoints, k_threshold=options.k_threshold, min_vertices=options.min_vertices),
        'cloud': partial(cloud_superpoints, options=options.cloud),
        'supervoxels': partial(cloud_supervoxels, options=options.supervoxels),
    }[method]
    second = cloud.faces if method == 'mesh' else cloud.colors
    inputs = [cloud.xyz] if second is None else [cloud.xyz, second]
    if cache is None:
        return compute(*inputs), method
    return cached_superpoints(cache, inputs, (method, compute.keywords), partial(compute, *inputs)), method


def _targets(sources: list[Path], out: str | Path | None, file_format: str) -> dict[Path, Path]:
    targets: dict[Path, Path] = {}
    for source in sources:
        folder = source.parent if out is None else Path(out)
        name = f'{scene_name(source)}.bin' if file_format == 'bin' else f'{source.stem}.superpoints.npy'
        targets[source] = folder / name
    taken = {source.resolve(): source for source in sources}
    for source, target in targets.items():
        other = taken.setdefault(target.resolve(), source)
        if other != source or target.resolve() == source.resolve():
            raise ConfigError(
                f'{target} cannot hold the superpoints of {source}: it is, or belongs to, {other}; choose another out'
            )
    return targets


def _try_one(paths: tuple[Path, Path], options: SuperpointOptions, labels: Path | None, cache: Path | None) -> SuperpointResult:
    source, target = paths
    try:
        return _one(source, target, options, labels, cache)
    except DataError as error:
        sentence = str(error)
        return SuperpointResult(source, target, error=sentence if str(source) in sentence else f'{source}: {sentence}')


def _one(source: Path, target: Path, options: SuperpointOptions, labels: Path | None, cache: Path | None) -> SuperpointResult:
    cloud = read_cloud(source)
    ids, method = compute_superpoints(cloud, options, cache)
    if target.suffix == '.npy':
        write_npy(target, ids)
    else:
        write_bin(target, ids, np.int64)
    semantic, instance = (None, None) if labels is None else _labels(labels, scene_name(source), len(ids))
    return SuperpointResult(source, target, method, len(ids), superpoint_quality(ids, cloud.xyz, semantic, instance))


def _labels(root: Path, scene: str, count: int) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Classes 0..20 and instances (-1 = none) of each point; ``None`` where nobody annotated the scene."""
    semantic, instance = (root / folder / f'{scene}.bin' for folder in ('semantic_mask', 'instance_mask'))
    if not (semantic.exists() and instance.exists()):
        return None, None
    classes = map_semantic(read_bin(semantic, np.int64, count=count), scannet20_table())
    return classes, read_bin(instance, np.int64, count=count) - 1
