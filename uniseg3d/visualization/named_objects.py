"""A scene with the objects that were named in it."""

from collections.abc import Sequence

import numpy as np

from uniseg3d.structures import MaskSet, Sample
from uniseg3d.visualization.canvas import SceneCanvas
from uniseg3d.visualization.figure import Panel, compose
from uniseg3d.visualization.paint import first_mask, input_colors
from uniseg3d.visualization.palette import instance_colors, paint_segments


def draw_named(sample: Sample, found: MaskSet, names: Sequence[str], size: tuple[int, int] = (800, 600)) -> np.ndarray:
    """Input beside the masks of ``found`` in one colour for each of ``names``, which their labels count: [H, W, 3] uint8."""
    canvas, colors = SceneCanvas(sample.scene.xyz.cpu().numpy(), size), input_colors(sample)
    palette, labels = instance_colors(len(names)), found.labels.cpu().numpy()
    first = first_mask(found.masks, sample.superpoints)  # [N]
    segments = np.where(first >= 0, np.append(labels, -1)[first], -1)
    panels = [Panel('input', canvas.paint(colors)), Panel('named', canvas.paint(paint_segments(colors, segments, palette)))]
    legend = [(names[k], tuple(palette[k].tolist())) for k in np.unique(labels)]
    return compose(panels, 2, sample.scene.scene_id, legend)
