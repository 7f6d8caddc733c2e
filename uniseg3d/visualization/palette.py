"""Colours of classes, instances and prompts; the same input always gets the same colours."""

import colorsys

import numpy as np

from uniseg3d.text.class_lists import class_list

VOID = (88, 88, 88)  # what nobody labelled; dark enough to recede, light enough to keep its shape
FADED = (222, 222, 222)  # everything a highlighted mask does not cover
HIGHLIGHT = (214, 39, 40)
_GOLDEN = 0.61803398875  # steps of the golden ratio around the colour circle never come close to an earlier one soon


def class_colors(name: str = 'scannet20') -> np.ndarray:
    """Colours [C + 1, 3] uint8 of class list ``name``; the last row is void."""
    return np.concatenate([class_list(name).colors, np.array([VOID])]).astype(np.uint8)


def instance_colors(count: int) -> np.ndarray:
    """``count`` colours [count, 3] uint8 whose neighbours differ strongly in hue, and in turn in lightness."""
    hues = (0.05 + np.arange(count) * _GOLDEN) % 1
    levels = ((0.75, 0.95), (0.5, 0.95), (0.85, 0.65))  # saturation and value
    colors = [colorsys.hsv_to_rgb(hue, *levels[i % len(levels)]) for i, hue in enumerate(hues)]
    return np.round(255 * np.array(colors).reshape(-1, 3)).astype(np.uint8)


def paint_labels(labels: np.ndarray, colors: np.ndarray) -> np.ndarray:
    """Colour of each label [N], -1 = void: [N, 3] uint8."""
    return np.concatenate([colors, np.array([VOID], dtype=np.uint8)])[labels]


def paint_mask(base: np.ndarray, mask: np.ndarray, color: tuple[int, int, int] = HIGHLIGHT) -> np.ndarray:
    """Points of ``mask`` [N] in ``color`` over the washed-out ``base`` colours [N, 3]: [N, 3] uint8."""
    marked = 0.3 * base.astype(np.float32).mean(1, keepdims=True) + 0.7 * np.array(color)
    return np.where(mask[:, None], marked, _washed_out(base)).astype(np.uint8)


def paint_segments(base: np.ndarray, segments: np.ndarray, colors: np.ndarray) -> np.ndarray:
    """Each segment of ``segments`` [N] in its colour; where there is none (-1), the washed-out ``base`` [N, 3]: [N, 3]."""
    return np.where(segments[:, None] >= 0, paint_labels(segments, colors), _washed_out(base)).astype(np.uint8)


def _washed_out(base: np.ndarray) -> np.ndarray:
    return 0.3 * base.astype(np.float32) + 0.7 * np.array(FADED)
