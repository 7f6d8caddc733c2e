"""What became of photos, as pages draw it."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from uniseg3d.apis.lift_then_segment import find_scale, gravity
from uniseg3d.apis.panoptic_files import Segment
from uniseg3d.apis.reconstruction import CV_TO_Z_UP, ReconstructedView, Reconstruction, write_reconstruction
from uniseg3d.demo.layer import RGB, Layer, label_layer, rgb_layer, segment_layer, share_layer
from uniseg3d.demo.shown import Shown, ShownCamera
from uniseg3d.geometry.rotation import transform_points
from uniseg3d.utils.errors import DataError
from uniseg3d.visualization.palette import instance_colors


def shown_photos(scene: Reconstruction, name: str = 'photos') -> Shown:
    """Points of all photos, upright and about in metres."""
    if not scene.views:
        reasons = '; '.join(f'{photo}: {fault}' for photo, fault in list(scene.faults.items())[:3])
        raise DataError(f'no photo could be used ({reasons or "there was none"})')
    motion, note = upright(scene)
    layers = {RGB: rgb_layer(scene.colors), 'photos': _photo_layer(scene.views)}
    confidence, local = (_joined(scene.views, name) for name in ('confidences', 'local_points'))
    if confidence is not None:
        layers['confidence'] = confidence_layer(confidence)
    if scene.segments is not None:
        of_points = np.concatenate([view.segments for view in scene.views])
        layers |= panoptic_layers(scene.colors, of_points, scene.segments, scene.classes)
    return Shown(
        name,
        'reconstruction',
        _moved(motion, scene.points),
        layers,
        cameras=shown_cameras(scene.views, motion),
        notes=[note, *(f'{photo} is left out: {fault}' for photo, fault in scene.faults.items())],
        confidence=confidence,
        local_xyz=None if local is None else _moved(motion, local),
        write=partial(write_reconstruction, scene=scene),
    )


def upright(scene: Reconstruction) -> tuple[np.ndarray, str]:
    """Motion [4, 4] that turns z up and brings the world about to metres, and what was guessed."""
    turn, motion = gravity(scene.poses.numpy()), np.eye(4)
    scale, note = find_scale(scene.points @ turn[2], scene.poses[:, :3, 3].numpy() @ turn[2])
    motion[:3, :3] = scale * turn
    return motion, note


def shown_cameras(views: Sequence[ReconstructedView], motion: np.ndarray) -> list[ShownCamera]:
    """Where the photos were taken, after ``motion`` [4, 4] of the world."""
    cameras = (ShownCamera.of(view.name, view.camera_to_world, view.intrinsics, view.size) for view in views)
    return [camera.moved(motion) for camera in cameras]


def shown_part(view: ReconstructedView) -> tuple[np.ndarray, np.ndarray, ShownCamera]:
    """Points [K, 3], colours and camera of one frame of a scene that grows: the first camera is taken to be level."""
    motion = np.eye(4)
    motion[:3, :3] = CV_TO_Z_UP
    return _moved(motion, view.points), view.colors, shown_cameras([view], motion)[0]


def panoptic_layers(
    base: np.ndarray, of_points: np.ndarray, segments: Sequence[Segment], classes: Sequence[str]
) -> dict[str, Layer]:
    """Segments of n points, 0 = none, each in a colour of its own, and their classes; ``base`` [n, 3]."""
    values = of_points.astype(np.int32) - 1
    classes_of = np.array([-1, *(segment.class_index for segment in segments)], np.int32)
    names = [f'{segment.label} {segment.score:.2f}' for segment in segments]
    semantic = segment_layer(base, classes_of[values + 1], classes, instance_colors(len(classes)))
    return {'panoptic': segment_layer(base, values, names), 'semantic': semantic}


def confidence_layer(confidence: np.ndarray) -> Layer:
    """From dark (least sure of these points) to light."""
    low, high = np.percentile(confidence, [1, 99]) if len(confidence) else (0.0, 1.0)
    shares = (confidence - low) / max(high - low, 1e-9)
    return share_layer(shares, [(1.0, f'confidence {high:.1f}'), (0.0, f'confidence {low:.1f}')])


def _photo_layer(views: Sequence[ReconstructedView]) -> Layer:
    values = np.repeat(np.arange(len(views)), [len(view.points) for view in views])
    return label_layer(values, [view.name for view in views], instance_colors(len(views)), free=0)


def _joined(views: Sequence[ReconstructedView], name: str) -> np.ndarray | None:
    """What all views say about their points; ``None`` where one says nothing."""
    parts = [getattr(view, name) for view in views]
    return None if any(part is None for part in parts) else np.concatenate(parts)


def _moved(motion: np.ndarray, points: np.ndarray) -> np.ndarray:
    return transform_points(motion, points).astype(np.float32)
