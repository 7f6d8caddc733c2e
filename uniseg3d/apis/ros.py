"""A ROS 2 message with points in, the same message with labels out."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from uniseg3d.apis.scene_inferencer import SceneInferencer
from uniseg3d.apis.user_prompts import Asked
from uniseg3d.io.ros import read_point_cloud2, with_labels
from uniseg3d.visualization.paint import first_mask


def label_message(
    inferencer: SceneInferencer,
    message: Any,
    clicks: Sequence[Asked] = (),
    texts: Sequence[str] = (),
    classes: Sequence[str] | None = None,
) -> Any:
    """``message`` (sensor_msgs/PointCloud2) with the fields ``semantic`` and ``segment``, and of what was asked ``clicks``,
    ``texts`` and ``named``: the number of the prompt or of the instance; -1 = none, also for points without coordinates.
    """
    scene = inferencer.open(read_point_cloud2(message))
    answer = inferencer(scene, clicks, texts, classes)
    assert answer.semantic is not None and answer.panoptic is not None
    labels = {
        'semantic': answer.per_point(answer.semantic).numpy(),
        'segment': answer.per_point(answer.panoptic.segment).numpy(),
    }
    for name in ('clicks', 'texts', 'named'):
        masks = getattr(answer, name)
        if masks is not None:
            labels[name] = first_mask(masks.masks, answer.superpoints)
    return with_labels(message, {name: scene.cloud.on_file(np.asarray(values)) for name, values in labels.items()})
