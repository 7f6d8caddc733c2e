"""B11: where a test scene is clicked."""

from collections.abc import Iterator

import numpy as np
import torch
from peers.all_pairs_clicks import all_pairs_clicks
from scipy.spatial import cKDTree

from benchmarks.checks import require_close
from benchmarks.rooms import room
from benchmarks.timing import Item, Settings
from uniseg3d.transforms.click_prompts import inmost_clicks

INSTANCES, REACH = 25, 0.6  # metres: an instance is whatever lies so near to its seed and nearer than to other seeds


def scattered_instances(xyz: np.ndarray, seed: int = 0) -> np.ndarray:
    """Instance of each of ``xyz`` [N, 3]: [N] int64, -1 = none; with the defaults, more than half belong to one."""
    seeds = xyz[np.random.default_rng(seed).choice(len(xyz), INSTANCES, replace=False)]
    distance, nearest = cKDTree(seeds).query(xyz)
    return np.where(distance < REACH, nearest, -1)


def clicking(settings: Settings) -> Iterator[Item]:
    """B11: the click of every instance; the tree must click the very same points as all pairs."""
    for count in settings.sizes_or(130_000):
        xyz = room(count).xyz
        instance = scattered_instances(xyz)
        works = {
            'all pairs': lambda p=xyz, i=instance: all_pairs_clicks(p, i),
            'ours': lambda p=xyz, i=instance: inmost_clicks(p, i),
        }
        theirs, ours = (torch.from_numpy(np.stack(work())) for work in works.values())
        require_close('B11', 'ours', ours, theirs, 0)
        yield Item('B11', f'clicks on {INSTANCES} instances', f'{len(xyz)} points', 'all pairs', works)
