"""Colour images from face images: materials, a lamp, a light on the camera, and a cheap camera's flaws."""

import numpy as np
from numba import njit

from uniseg3d.rooms.raster import pixel_rays
from uniseg3d.rooms.scene import Room

_TEXTURES = {'plain': 0, 'stripes': 1, 'checks': 2, 'wood': 3, 'speckle': 4}
_SKY = (172.0, 178.0, 186.0)  # what a camera sees over walls without a ceiling
_AMBIENT, _LAMP, _HEADLIGHT = 0.5, 0.35, 0.22


def shade(
    room: Room,
    depth: np.ndarray,  # [V, H, W] noise-free metres
    face: np.ndarray,  # [V, H, W] face index, -1 = nothing
    intrinsic: np.ndarray,  # [3, 3]
    camera_to_world: np.ndarray,  # [V, 4, 4]
    rng: np.random.Generator,
) -> np.ndarray:
    """Colour images [V, H, W, 3] uint8; exposure, white balance and noise are drawn per view."""
    materials, texture_frames, normals = surface_table(room)
    lamps = np.array([[*outline.mean(axis=0), room.height - 0.15] for outline in room.outline])
    rays = pixel_rays(intrinsic, face.shape[1:])
    color = np.empty((*face.shape, 3), np.uint8)
    for view, pose in enumerate(camera_to_world):
        gain = rng.uniform(0.88, 1.12) * rng.uniform(0.97, 1.03, 3)
        noise = rng.standard_normal(face.shape[1:], np.float32) * np.float32(rng.uniform(1.5, 3.5))
        _shade_view(depth[view], face[view], rays, pose, materials, texture_frames, normals, lamps, gain, noise, color[view])
    return color


def surface_table(room: Room) -> tuple[np.ndarray, ...]:
    """Per face: material [F, 8] (two colours, texture, scale), texture frame [F, 3, 4], unit normal [F, 3]."""
    materials = np.array([[*m.rgb, *m.second_rgb, _TEXTURES[m.texture], m.scale] for m in room.materials], np.float64)
    corners = room.vertices[room.faces].astype(np.float64)
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    return materials[room.face_material], room.frames[room.face_frame, :3].astype(np.float64), normals


@njit(cache=True)
def _shade_view(depth, face, rays, pose, materials, frames, normals, lamps, gain, noise, color):  # type: ignore[no-untyped-def]
    height, width = face.shape
    middle_row, middle_column = (height - 1) / 2, (width - 1) / 2
    eye, hit = pose[:3, 3].copy(), np.empty(3)
    for row in range(height):
        for column in range(width):
            index = face[row, column]
            radius = ((row - middle_row) / middle_row) ** 2 + ((column - middle_column) / middle_column) ** 2
            light = 1 - 0.09 * radius  # vignetting
            mix = 0.0
            if index >= 0:
                ray = rays[row, column]
                for i in range(3):
                    along = pose[i, 0] * ray[0] + pose[i, 1] * ray[1] + pose[i, 2] * ray[2]
                    hit[i] = eye[i] + depth[row, column] * along
                mix = _texture(frames[index], materials[index, 6], materials[index, 7], hit)
                light *= _light(hit, eye, normals[index], lamps)
            for i in range(3):
                base = _SKY[i]
                if index >= 0:
                    base = materials[index, i] * (1 - mix) + materials[index, 3 + i] * mix
                value = base * light * gain[i] + noise[row, column]
                color[row, column, i] = np.uint8(min(max(value + 0.5, 0.0), 255.0))


@njit(cache=True)
def _light(hit, eye, normal, lamps):  # type: ignore[no-untyped-def]
    facing_eye = _cosine(hit, eye, normal)
    side = 1.0 if facing_eye >= 0 else -1.0  # a sheet seen from behind is lit from there
    best = 0.0
    for i in range(len(lamps)):
        best = max(best, side * _cosine(hit, lamps[i], normal))
    return _AMBIENT + _LAMP * best + _HEADLIGHT * abs(facing_eye)


@njit(cache=True)
def _cosine(origin, target, normal):  # type: ignore[no-untyped-def]
    x, y, z = target[0] - origin[0], target[1] - origin[1], target[2] - origin[2]
    return (x * normal[0] + y * normal[1] + z * normal[2]) / max(np.sqrt(x * x + y * y + z * z), 1e-9)


@njit(cache=True)
def _texture(frame, kind, scale, hit):  # type: ignore[no-untyped-def]
    """Share of the second colour, 0..1. The odd offset keeps surfaces at coordinate 0 away from the texture's steps."""
    if kind == 0:
        return 0.0
    u = (frame[0, 0] * hit[0] + frame[0, 1] * hit[1] + frame[0, 2] * hit[2] + frame[0, 3]) / scale + 0.2371
    v = (frame[1, 0] * hit[0] + frame[1, 1] * hit[1] + frame[1, 2] * hit[2] + frame[1, 3]) / scale + 0.2371
    w = (frame[2, 0] * hit[0] + frame[2, 1] * hit[1] + frame[2, 2] * hit[2] + frame[2, 3]) / scale + 0.2371
    if kind == 1:
        return 1.0 if (u + 0.001 * (v + w)) % 1.0 < 0.5 else 0.0
    if kind == 2:
        return (np.floor(u) + np.floor(v) + np.floor(w)) % 2.0
    if kind == 3:
        rings = u + 0.35 * np.sin(0.9 * v + 0.4 * w) + 0.12 * np.sin(3.1 * v + 1.7)
        return 0.5 + 0.5 * np.sin(2 * np.pi * rings)
    grain = 6.0
    return 1.0 if _hash(np.floor(u * grain), np.floor(v * grain), np.floor(w * grain)) < 0.3 else 0.0


@njit(cache=True)
def _hash(x, y, z):  # type: ignore[no-untyped-def]
    value = np.sin(12.9898 * x + 78.233 * y + 37.719 * z) * 43758.5453
    return value - np.floor(value)
