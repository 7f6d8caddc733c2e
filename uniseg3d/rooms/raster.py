"""Triangles to depth and face images: a z-buffer, and a slow ray caster that says the same."""

import numpy as np
from numba import njit

NEAR = 0.05  # metres; what is closer to the camera is cut away


def rasterize(
    vertices: np.ndarray,  # [V, 3] world, metres
    faces: np.ndarray,  # [F, 3]
    intrinsic: np.ndarray,  # [3, 3] pixels, whole numbers are pixel centres
    camera_to_world: np.ndarray,  # [views, 4, 4] OpenCV
    size: tuple[int, int],  # height, width
) -> tuple[np.ndarray, np.ndarray]:
    """Depth [views, H, W] float32 in metres along the optical axis, and face index [views, H, W] int32.

    Where nothing is, depth is 0 and the face -1. Both sides of a triangle are drawn; of two equally near ones the first stays.
    """
    world_to_camera = np.linalg.inv(camera_to_world)
    depth = np.empty((len(camera_to_world), *size), np.float32)
    face = np.empty((len(camera_to_world), *size), np.int32)
    corners = np.ascontiguousarray(faces, np.int32)
    for view, pose in enumerate(world_to_camera):
        points = vertices @ pose[:3, :3].T + pose[:3, 3]
        _draw(points, corners, np.asarray(intrinsic, np.float64), depth[view], face[view])
    return depth, face


@njit(cache=True)
def _draw(points, faces, intrinsic, depth, face):  # type: ignore[no-untyped-def]
    nearness = np.zeros(depth.shape)  # 1 / depth is what is linear on the screen
    face[:] = -1
    polygon = np.empty((4, 3))
    for index in range(len(faces)):
        corners = _clip_at_near(points, faces[index], polygon)
        if corners < 3:
            continue
        for i in range(corners):
            nearness_of_corner = 1.0 / polygon[i, 2]
            polygon[i, 0] = intrinsic[0, 0] * polygon[i, 0] * nearness_of_corner + intrinsic[0, 2]
            polygon[i, 1] = intrinsic[1, 1] * polygon[i, 1] * nearness_of_corner + intrinsic[1, 2]
            polygon[i, 2] = nearness_of_corner
        for i in range(1, corners - 1):
            _fill(polygon[0], polygon[i], polygon[i + 1], index, nearness, face)
    for row in range(depth.shape[0]):
        for column in range(depth.shape[1]):
            depth[row, column] = 1.0 / nearness[row, column] if face[row, column] >= 0 else 0.0


@njit(cache=True)
def _clip_at_near(points, triangle, polygon):  # type: ignore[no-untyped-def]
    """Part of the triangle in front of the near plane, as a polygon; returns its number of corners (0, 3 or 4)."""
    corners = 0
    for i in range(3):
        start, stop = points[triangle[i]], points[triangle[(i + 1) % 3]]
        if start[2] >= NEAR:
            polygon[corners] = start
            corners += 1
        if (start[2] >= NEAR) != (stop[2] >= NEAR):
            polygon[corners] = start + (NEAR - start[2]) / (stop[2] - start[2]) * (stop - start)
            corners += 1
    return corners


@njit(cache=True)
def _fill(a, b, c, index, nearness, face):  # type: ignore[no-untyped-def]
    area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    if area == 0.0:
        return
    height, width = face.shape
    # clamp before converting: a corner close to the near plane may lie millions of pixels away
    left = int(np.ceil(max(min(a[0], b[0], c[0]), 0.0)))
    right = int(np.floor(min(max(a[0], b[0], c[0]), width - 1.0)))
    top = int(np.ceil(max(min(a[1], b[1], c[1]), 0.0)))
    bottom = int(np.floor(min(max(a[1], b[1], c[1]), height - 1.0)))
    # weights of b and c are linear in the pixel: w = row part + column * slope
    slope_b, slope_c = (c[1] - a[1]) / area, -(b[1] - a[1]) / area
    for row in range(top, bottom + 1):
        base_b = (-a[0] * (c[1] - a[1]) - (row - a[1]) * (c[0] - a[0])) / area
        base_c = (a[0] * (b[1] - a[1]) + (row - a[1]) * (b[0] - a[0])) / area
        for column in range(left, right + 1):
            weight_b, weight_c = base_b + column * slope_b, base_c + column * slope_c
            if weight_b < 0.0 or weight_c < 0.0 or weight_b + weight_c > 1.0:
                continue
            value = a[2] + weight_b * (b[2] - a[2]) + weight_c * (c[2] - a[2])
            if value > nearness[row, column]:
                nearness[row, column] = value
                face[row, column] = index


def ray_cast(
    vertices: np.ndarray, faces: np.ndarray, intrinsic: np.ndarray, camera_to_world: np.ndarray, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """The same images as :func:`rasterize`, every pixel against every triangle; only for small scenes and tests."""
    views = [_cast_view(vertices[faces], intrinsic, pose, size) for pose in camera_to_world]
    return np.stack([depth for depth, _ in views]), np.stack([face for _, face in views])


def _cast_view(
    triangles: np.ndarray, intrinsic: np.ndarray, pose: np.ndarray, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    rays = pixel_rays(intrinsic, size).reshape(-1, 3) @ pose[:3, :3].T  # [P, 3], one metre along the optical axis
    depth, face = np.full(len(rays), np.inf), np.full(len(rays), -1, np.int32)
    for index, (a, b, c) in enumerate(triangles.astype(np.float64)):
        side_b, side_c, to_camera = b - a, c - a, pose[:3, 3] - a
        across = np.cross(rays, side_c)
        volume = across @ side_b
        with np.errstate(divide='ignore', invalid='ignore'):
            weight_b = across @ to_camera / volume
            weight_c = rays @ np.cross(to_camera, side_b) / volume
            distance = side_c @ np.cross(to_camera, side_b) / volume
        hit = (weight_b >= 0) & (weight_c >= 0) & (weight_b + weight_c <= 1) & (distance >= NEAR) & (distance < depth)
        depth[hit], face[hit] = distance[hit], index
    return np.where(face >= 0, depth, 0).astype(np.float32).reshape(size), face.reshape(size)


def pixel_rays(intrinsic: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Ray of every pixel in camera axes, [H, W, 3], with z = 1: times depth it is the point."""
    rows, columns = np.mgrid[: size[0], : size[1]]
    x = (columns - intrinsic[0, 2]) / intrinsic[0, 0]
    y = (rows - intrinsic[1, 2]) / intrinsic[1, 1]
    return np.stack([x, y, np.ones(size)], axis=-1)
