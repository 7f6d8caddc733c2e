"""A scene with a room of boxes, encoded by an untrained model: what sessions need."""

from untrained_inferencer import boxes, inferencer

from uniseg3d.apis.own_cloud import CloudOptions
from uniseg3d.demo.model_queue import ModelQueue
from uniseg3d.demo.shared_scene import SharedScene


def shared_scene(folder, queue=None, **changes):
    asked = inferencer(folder, options=CloudOptions('m', 'z', align=False))
    return SharedScene(
        asked.open(boxes(count=1500)), asked.classes, asked.make_sample.classes, queue or ModelQueue(), **changes
    )
