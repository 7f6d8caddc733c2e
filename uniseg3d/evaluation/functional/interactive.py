"""Scores of masks that were asked for by clicks: one mask for each prompt, one object meant by each."""

from collections.abc import Sequence

import numpy as np

from uniseg3d.evaluation.functional.curves import curve

LEVELS = np.arange(0.5, 1.0, 0.05)  # ten; instance segmentation leaves out the last
GOALS = (0.5, 0.65, 0.8, 0.85, 0.9)  # IoU that a user may be content with


def prompt_average_precision(iou: np.ndarray, confidence: np.ndarray, levels: Sequence[float] | np.ndarray) -> np.ndarray:
    """Interpolated average precision at each level: [levels] float64.

    ``iou`` [K] of each mask with the object that its prompt means, ``confidence`` [K]. Masks of equal confidence count
    together, so the order of prompts and scenes does not matter.
    """
    return np.array([curve(confidence, iou > level, len(iou)).envelope_area() for level in levels])


def join_rounds(rounds: Sequence[np.ndarray]) -> np.ndarray:
    """IoU of all prompts after each click [R, K], from the tables [r, k] of scenes of which some needed fewer rounds."""
    count = max(len(table) for table in rounds)
    return np.concatenate([np.pad(table, ((0, count - len(table)), (0, 0)), 'edge') for table in rounds], axis=1)


def number_of_clicks(rounds: np.ndarray, goal: float) -> float:
    """Mean number of clicks until the IoU reaches ``goal``, from ``rounds`` [R, K]; R where it never does."""
    reached = rounds >= goal
    return float(np.where(reached.any(0), reached.argmax(0) + 1, len(rounds)).mean())
