"""How much each point of a scene fits a text, as colours."""

from collections.abc import Sequence

import matplotlib
import numpy as np

from uniseg3d.structures import Sample
from uniseg3d.visualization.canvas import SceneCanvas
from uniseg3d.visualization.figure import Panel, compose
from uniseg3d.visualization.paint import input_colors

MAP = 'turbo'
SHOWN = (50, 99.5)  # percentiles of a scene's values that the colours run between


def heat_colors(values: np.ndarray) -> np.ndarray:
    """Colours [N, 3] uint8 of ``values`` [N]: blue for the lower half, red for what fits best."""
    low, high = np.percentile(values, SHOWN)
    share = np.clip((values - low) / max(high - low, 1e-9), 0, 1)
    return (255 * matplotlib.colormaps[MAP](share)[:, :3]).round().astype(np.uint8)


def draw_heat(sample: Sample, values: np.ndarray, texts: Sequence[str], size: tuple[int, int] = (800, 600)) -> np.ndarray:
    """Input beside one heat map for each of ``texts``, whose ``values`` are [T, N]: [H, W, 3] uint8."""
    canvas = SceneCanvas(sample.scene.xyz.cpu().numpy(), size)
    maps = [Panel(text, canvas.paint(heat_colors(row))) for text, row in zip(texts, values, strict=True)]
    return compose([Panel('input', canvas.paint(input_colors(sample))), *maps], 2, sample.scene.scene_id)
