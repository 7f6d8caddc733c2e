"""Clicks of test scenes read off their definition: the distances between all points of an object and all others."""

import numpy as np
import torch


def all_pairs_clicks(xyz: np.ndarray, instance: np.ndarray, voxel_size: float = 0.05) -> tuple[np.ndarray, np.ndarray]:
    """Points [K] and instances [K]; ``xyz`` [N, 3], ``instance`` [N], -1 = none."""
    keep = np.sort(np.unique(np.floor(xyz / voxel_size).astype(np.int64), axis=0, return_index=True)[1])
    cloud, owner = torch.from_numpy(xyz[keep]).double(), torch.from_numpy(instance[keep])
    points, instances = [], []
    for k in range(int(instance.max()) + 1):
        inside = torch.nonzero(owner == k)[:, 0]
        if len(inside):
            # the way over products rounds too much to tell neighbours apart
            pairs = torch.cdist(cloud[inside], cloud[owner != k], compute_mode='donot_use_mm_for_euclid_dist')
            points.append(keep[inside[pairs.amin(1).argmax()]])
            instances.append(k)
    return np.array(points, dtype=np.int64), np.array(instances, dtype=np.int64)
