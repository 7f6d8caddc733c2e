"""How people annotate a scan: it is cut into segments, and objects are made of segments."""

from dataclasses import dataclass

import numpy as np

from uniseg3d.rooms.scene import Room, RoomScan
from uniseg3d.superpoints import mesh_superpoints

LEAST_POINTS = 30  # an object with fewer vertices is not annotated


@dataclass
class AnnotatedObject:
    """One group of the aggregation file."""

    room_id: int  # object id in ``Room``; its number in the files is its position in ``SceneAnnotation.objects``
    label: str  # raw category
    segments: np.ndarray  # [s] int64 segment ids


@dataclass
class SceneAnnotation:
    """Segments of a scan and the objects that they make up."""

    segments: np.ndarray  # [N] int64: segment id of each vertex; ids have gaps
    objects: list[AnnotatedObject]

    def file_ids(self, room: Room) -> np.ndarray:
        """Number in the files of each object id of ``room``, -1 where it is not annotated: [objects + 1], the last for -1."""
        ids = np.full(len(room.objects) + 1, -1, np.int64)
        ids[[thing.room_id for thing in self.objects]] = np.arange(len(self.objects))
        return ids


def annotate(room: Room, scan: RoomScan) -> SceneAnnotation:
    """Cut ``scan`` into segments that never cross an object's border and group those of each well visible object."""
    pieces = mesh_superpoints(scan.vertices, scan.faces)
    pairs = pieces * (len(room.objects) + 1) + scan.vertex_object + 1
    _, first, segment = np.unique(pairs, return_index=True, return_inverse=True)
    segments = first[segment]  # named after their first vertex, so ids have gaps as in real scans
    counts = np.bincount(scan.vertex_object + 1, minlength=len(room.objects) + 1)[1:]
    objects = [
        AnnotatedObject(thing.object_id, thing.raw_category, np.unique(segments[scan.vertex_object == thing.object_id]))
        for thing in room.objects
        if thing.raw_category is not None and counts[thing.object_id] >= LEAST_POINTS
    ]
    return SceneAnnotation(segments, objects)
