"""A small hand-made room for tests that should not depend on the furniture."""

import numpy as np

from uniseg3d.rooms.scene import Material, Room, RoomObject

_BOX_FACES = np.array(
    [
        [0, 2, 1],
        [0, 3, 2],
        [4, 5, 6],
        [4, 6, 7],
        [0, 1, 5],
        [0, 5, 4],
        [1, 2, 6],
        [1, 6, 5],
        [2, 3, 7],
        [2, 7, 6],
        [3, 0, 4],
        [3, 4, 7],
    ]
)


def box(low, high) -> tuple[np.ndarray, np.ndarray]:
    """Corners and outward triangles of an axis-aligned box."""
    (x0, y0, z0), (x1, y1, z1) = low, high
    corners = [[x0, y0, z0], [x1, y0, z0], [x1, y1, z0], [x0, y1, z0], [x0, y0, z1], [x1, y0, z1], [x1, y1, z1], [x0, y1, z1]]
    return np.array(corners, np.float32), _BOX_FACES


def toy_room(size=(5.0, 4.0, 2.5), name='room0000_00') -> Room:
    """Floor, four walls, a table, a cabinet against the wall, a sofa, and a crate that belongs to no class."""
    x, y, z = size
    shell_points, shell_faces = box((0, 0, 0), size)
    shell_faces = shell_faces[:, ::-1]
    parts = [
        ('floor', shell_points, shell_faces[0:2]),
        *[('wall', shell_points, shell_faces[4 + 2 * i : 6 + 2 * i]) for i in range(4)],
        ('table', *box((2.0, 1.5, 0.68), (3.2, 2.3, 0.72))),
        ('cabinet', *box((0.02, 2.0, 0.0), (0.5, 3.0, 1.6))),
        ('couch', *box((3.0, 3.0, 0.0), (4.8, 3.9, 0.45))),
        (None, *box((4.2, 0.4, 0.0), (4.6, 0.8, 0.4))),
    ]
    points, faces, owners = [], [], []
    for owner, (_, corners, triangles) in enumerate(parts):
        faces.append(triangles + sum(map(len, points)))
        points.append(corners)
        owners += [owner] * len(triangles)
    objects = [
        RoomObject(i, category, 'toy', None, None, 0.0, np.stack([c[f].reshape(-1, 3).min(0), c[f].reshape(-1, 3).max(0)]))
        for i, (category, c, f) in enumerate(parts)
    ]
    textures = ('wood', 'plain', 'plain', 'plain', 'plain', 'stripes', 'checks', 'speckle', 'plain')
    materials = [
        Material((40.0 + 20 * i, 200.0 - 15 * i, 120.0), (230.0, 220.0, 90.0), texture, 0.2)
        for i, texture in enumerate(textures)
    ]
    return Room(
        name=name,
        split='train',
        seed=0,
        outline=[np.array([[0, 0], [x, 0], [x, y], [0, y]], np.float32)],
        height=z,
        has_ceiling=False,
        vertices=np.concatenate(points),
        faces=np.concatenate(faces).astype(np.int32),
        face_object=np.array(owners, np.int32),
        face_material=np.array(owners, np.int32),
        face_frame=np.zeros(len(owners), np.int32),
        frames=np.eye(4, dtype=np.float32)[None],
        materials=materials,
        objects=objects,
    )


def looking_at(eye, target) -> np.ndarray:
    """OpenCV camera-to-world with the world's z up."""
    forward = np.subtract(target, eye) / np.linalg.norm(np.subtract(target, eye))
    right = np.cross(forward, [0, 0, 1])
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3] = np.stack([right, np.cross(forward, right), forward, eye], axis=1)
    return pose
