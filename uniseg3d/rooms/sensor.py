"""What a depth camera makes of perfect depth: noise, range, and pixels that it loses."""

import numpy as np

_RANGE = (0.35, 6.5)  # metres
_NOISE = (0.0008, 0.0009)  # metres at any depth, and per square metre of depth
_EDGE = 0.04  # relative step between neighbours that counts as a depth edge
_SHARE_LOST_AT_EDGES = 0.6


def measure_depth(depth: np.ndarray, cosine: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Noisy copy of ``depth`` [V, H, W] (metres, 0 = nothing) with 0 where the camera gets no answer.

    cosine: [V, H, W], between ray and surface normal; the flatter the ray, the likelier the loss.
    """
    noise = rng.standard_normal(depth.shape, np.float32)
    noise = 0.6 * noise + 0.4 * np.roll(noise, 1, axis=2)  # neighbours share part of their error
    measured = depth + noise * (_NOISE[0] + _NOISE[1] * depth**2)
    lost = (depth < _RANGE[0]) | (depth > _RANGE[1])
    luck = rng.random(depth.shape, np.float32)
    lost |= luck < 1 - np.clip((cosine - 0.06) / 0.12, 0, 1)
    lost |= _depth_edges(depth) & (luck > 1 - _SHARE_LOST_AT_EDGES)
    return np.where(lost, 0, measured).astype(np.float32)


def _depth_edges(depth: np.ndarray) -> np.ndarray:
    edges = np.zeros(depth.shape, np.bool_)
    for axis in (1, 2):
        near, far = np.swapaxes(depth, 0, axis)[:-1], np.swapaxes(depth, 0, axis)[1:]
        step = np.abs(near - far) > _EDGE * np.minimum(near, far)
        view = np.swapaxes(edges, 0, axis)
        view[:-1] |= step
        view[1:] |= step
    return edges


def incidence(face: np.ndarray, normals: np.ndarray, rays: np.ndarray, camera_to_world: np.ndarray) -> np.ndarray:
    """Cosine between viewing ray and surface normal, [V, H, W] float32.

    face: [V, H, W]; normals: [F, 3] world; rays: [H, W, 3] camera axes.
    """
    directions = (rays / np.linalg.norm(rays, axis=-1, keepdims=True)).astype(np.float32)
    cosine = np.empty(face.shape, np.float32)
    for view, pose in enumerate(camera_to_world):
        in_camera = (normals @ pose[:3, :3]).astype(np.float32)
        cosine[view] = np.abs(np.einsum('hwi,hwi->hw', in_camera[face[view]], directions))
    return cosine
