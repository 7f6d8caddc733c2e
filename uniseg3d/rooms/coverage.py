"""Which part of a room's surface a set of depth images has measured."""

from dataclasses import dataclass

import numpy as np

from uniseg3d.rooms.free_space import CELL, FreeSpace
from uniseg3d.rooms.scene import Room

_TOLERANCE = 0.03  # metres at the camera, and again per metre of depth


@dataclass
class SurfaceSamples:
    """Points spread evenly over the exposed surface."""

    points: np.ndarray  # [S, 3] metres
    normals: np.ndarray  # [S, 3]
    area: float  # square metres that all samples together stand for


def sample_exposed_surface(room: Room, space: FreeSpace, rng: np.random.Generator, count: int = 4000) -> SurfaceSamples:
    """Draw points by area and keep those whose front side touches the room's air.

    Undersides on the floor, backs against walls, outsides of the walls and parts inside other things are not exposed.
    """
    corners = room.vertices[room.faces].astype(np.float64)
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    doubled_area = np.linalg.norm(cross, axis=1)
    face = rng.choice(len(corners), count, p=doubled_area / doubled_area.sum())
    weights = rng.random((count, 2))
    weights = np.where(weights.sum(axis=1, keepdims=True) > 1, 1 - weights, weights)
    sides = corners[face, 1:] - corners[face, :1]
    points = corners[face, 0] + (sides * weights[..., None]).sum(axis=1)
    normals = cross[face] / doubled_area[face, None]
    # one and a half cells away: never the cell of the surface itself, still less than the gap under most furniture
    exposed = space.is_free(points + 1.5 * CELL * normals)
    area = float(doubled_area.sum() / 2 * exposed.mean())
    return SurfaceSamples(points[exposed], normals[exposed], area)


def measured_samples(
    samples: SurfaceSamples, depth: np.ndarray, intrinsic: np.ndarray, camera_to_world: np.ndarray
) -> np.ndarray:
    """Whether each depth image [V, H, W] measured each sample: [V, S] bool."""
    views, height, width = depth.shape
    world_to_camera = np.linalg.inv(camera_to_world)
    points = np.einsum('vij,sj->vsi', world_to_camera[:, :3, :3], samples.points) + world_to_camera[:, None, :3, 3]
    z = np.maximum(points[..., 2], 1e-6)
    column = np.rint(points[..., 0] / z * intrinsic[0, 0] + intrinsic[0, 2])
    row = np.rint(points[..., 1] / z * intrinsic[1, 1] + intrinsic[1, 2])
    in_image = (points[..., 2] > 0) & (column >= 0) & (column < width) & (row >= 0) & (row < height)
    in_image &= np.einsum('vsi,si->vs', camera_to_world[:, None, :3, 3] - samples.points, samples.normals) > 0
    view, sample = np.nonzero(in_image)
    seen = depth[view, row[view, sample].astype(int), column[view, sample].astype(int)]
    hit = (seen > 0) & (np.abs(seen - z[view, sample]) < _TOLERANCE * (1 + seen))
    measured = np.zeros((views, len(samples.points)), np.bool_)
    measured[view[hit], sample[hit]] = True
    return measured
