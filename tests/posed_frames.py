"""A tiny scan with posed frames on disk: a floor with two coloured boxes, seen by cameras from above."""

import numpy as np

from uniseg3d.io.images import write_jpeg, write_png
from uniseg3d.utils.files import write_text

SIZE = (64, 48)  # width, height
FOCAL = 60.0
HEIGHTS = (3.0, 3.0, 2.0, 4.0)  # of the cameras
CENTRES = ((0.0, 0.0), (0.4, 0.2), (-0.5, 0.0), (0.0, 0.0))
BOXES = {0: ((-0.8, -0.2), (200, 30, 30)), 1: ((0.4, 0.3), (30, 30, 200))}  # corner, colour
SIDE = 0.5  # of their squares, metres


def matrix_text(matrix):
    return '\n'.join(' '.join(f'{value:.6f}' for value in row) for row in matrix)


def camera(index):
    """Camera-to-world of a camera that looks straight down."""
    pose = np.diag([1.0, -1.0, -1.0, 1.0])
    pose[:3, 3] = (*CENTRES[index], HEIGHTS[index])
    return pose


def ground(index):
    """Where the rays of all pixels meet the floor [H, W, 2]."""
    columns, rows = np.meshgrid(np.arange(SIZE[0]) - (SIZE[0] - 1) / 2, np.arange(SIZE[1]) - (SIZE[1] - 1) / 2)
    return np.stack([columns, -rows], -1) * HEIGHTS[index] / FOCAL + np.array(CENTRES[index])


def boxes_at(places):
    """Box of each place [..., 2], -1 = floor."""
    found = np.full(places.shape[:-1], -1)
    for number, (corner, _) in BOXES.items():
        offset = places - np.array(corner)
        found[((offset >= 0) & (offset < SIDE)).all(-1)] = number
    return found


def colors_of(boxes):
    return np.array([*(color for _, color in BOXES.values()), (150, 150, 150)], dtype=np.uint8)[boxes]


def write_frames(folder):
    """Colour, depth, pose, camera and instances of each view below ``folder``."""
    for index, height in enumerate(HEIGHTS):
        boxes = boxes_at(ground(index))
        write_jpeg(folder / 'color' / f'{index}.jpg', colors_of(boxes))
        write_png(folder / 'depth' / f'{index}.png', np.full(boxes.shape, 1000 * height, dtype=np.uint16))
        write_png(folder / 'instance' / f'{index}.png', (boxes + 1).astype(np.uint16))
        write_text(folder / 'pose' / f'{index}.txt', matrix_text(camera(index)))
    intrinsics = np.eye(4)
    intrinsics[:2, :3] = [[FOCAL, 0, (SIZE[0] - 1) / 2], [0, FOCAL, (SIZE[1] - 1) / 2]]
    write_text(folder / 'intrinsic' / 'intrinsic_depth.txt', matrix_text(intrinsics))


def floor_points(step=0.05):
    """Points [N, 3] on the floor, and the box of each [N]."""
    line = np.arange(-1.2, 1.2, step)
    places = np.stack(np.meshgrid(line, line), -1).reshape(-1, 2)
    return np.column_stack([places, np.zeros(len(places))]), boxes_at(places)
