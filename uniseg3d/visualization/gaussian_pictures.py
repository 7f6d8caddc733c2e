"""Pictures of drawn views: colours, depths, classes and objects."""

import numpy as np

from uniseg3d.models.postprocess.rendered_views import RenderedViews
from uniseg3d.text.class_lists import ClassList
from uniseg3d.visualization.frames import depth_colors
from uniseg3d.visualization.palette import instance_colors, paint_labels

KINDS = ('rgb', 'depth', 'class', 'instance')


def view_pictures(drawn: RenderedViews, classes: ClassList) -> dict[str, np.ndarray]:
    """Pictures [V, H, W, 3] uint8 by their kind; without labels there are colours and depths only."""
    color = (drawn.color.movedim(1, -1).cpu().numpy() * 255).round().astype(np.uint8)
    pictures = {'rgb': color, 'depth': depth_colors(drawn.depth.cpu().numpy())}
    if drawn.labels is not None:
        semantic, instance = drawn.labels.semantic.cpu().numpy(), drawn.labels.instance.cpu().numpy()
        pictures['class'] = paint_labels(semantic, _colors(classes, int(semantic.max(initial=-1)) + 1))
        pictures['instance'] = paint_labels(instance - 1, instance_colors(int(instance.max(initial=0))))
    return pictures


def _colors(classes: ClassList, needed: int) -> np.ndarray:
    """Those of the list; classes beyond it get colours of their own."""
    own = classes.colors.astype(np.uint8)
    return own if needed <= len(own) else np.concatenate([own, instance_colors(needed)[len(own) :]])
