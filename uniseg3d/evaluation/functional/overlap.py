"""Overlap of masks over superpoints, counted in points; empty masks overlap by nothing."""

import numpy as np


def paired_iou(first: np.ndarray, second: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """IoU of each mask with its partner; masks [..., M] bool, ``sizes`` [M] points of the superpoints: [...] float64."""
    weights = sizes.astype(np.float64)
    return ((first & second) @ weights) / ((first | second) @ weights).clip(min=1)


def all_iou(first: np.ndarray, second: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """IoU of every mask [a, M] with every mask [b, M]: [a, b] float64."""
    weights = sizes.astype(np.float64)
    shared = (first * weights) @ second.T.astype(np.float64)
    return shared / ((first @ weights)[:, None] + (second @ weights)[None] - shared).clip(min=1)
