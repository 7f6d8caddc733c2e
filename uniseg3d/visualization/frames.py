"""RGB-D views as strips: colour above depth, and labels where there are some."""

import matplotlib
import numpy as np

from uniseg3d.structures import ViewSet
from uniseg3d.visualization.figure import GAP, PAPER
from uniseg3d.visualization.palette import class_colors, instance_colors, paint_labels

FAR_SHARE = 0.98  # of the measured depths that the colour scale covers


def frame_strip(views: ViewSet, limit: int = 8, classes: str = 'scannet20') -> np.ndarray:
    """The first ``limit`` views as columns; rows: colour, depth, semantic, instance, as far as known: [H, W, 3] uint8."""
    rows = [views.images[:limit].cpu().numpy()]
    if views.depth is not None:
        rows.append(depth_colors(views.depth[:limit].cpu().numpy()))
    if views.semantic is not None:
        rows.append(class_colors(classes)[views.semantic[:limit].cpu().numpy()])
    if views.instance is not None:
        labels = views.instance[:limit].cpu().numpy()
        rows.append(paint_labels(labels, instance_colors(labels.max(initial=-1) + 1)))
    return _grid(np.stack(rows))


def depth_colors(depth: np.ndarray) -> np.ndarray:
    """Depths [...] in metres as colours [..., 3] uint8, near bright; black where nothing was measured."""
    measured = depth > 0
    far = max(float(np.quantile(depth[measured], FAR_SHARE)), 1e-3) if measured.any() else 1.0
    colors = matplotlib.colormaps['magma'](1 - np.clip(depth / far, 0, 1), bytes=True)[..., :3]
    return np.where(measured[..., None], colors, np.uint8(0))


def _grid(pictures: np.ndarray) -> np.ndarray:
    """Rows and columns of pictures [R, V, H, W, 3] with gaps."""
    padded = np.pad(pictures, ((0, 0), (0, 0), (0, GAP // 2), (0, GAP // 2), (0, 0)), constant_values=PAPER[0])
    rows, columns, height, width, _ = padded.shape
    return padded.transpose(0, 2, 1, 3, 4).reshape(rows * height, columns * width, 3)
