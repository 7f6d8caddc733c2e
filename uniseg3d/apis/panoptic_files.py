"""Files of things that several photos show: a map per photo, a table of what the numbers mean, and the points."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from uniseg3d.io.images import write_png
from uniseg3d.io.ply import PlyMesh, write_ply
from uniseg3d.structures.panoptic_views import PanopticViews
from uniseg3d.utils.files import write_text
from uniseg3d.visualization.palette import instance_colors, paint_segments

LARGEST = np.iinfo(np.uint16).max


@dataclass(frozen=True)
class Segment:
    """One thing, or the whole of a stuff, in all photos."""

    id: int  # in the maps and among the points; 0 is none
    label: str
    class_index: int  # place of the label among the classes that were asked for
    score: float  # probability of the label
    pixels: int  # of all photos, as the network saw them


def segments_of(panoptic: PanopticViews, classes: Sequence[str]) -> list[Segment]:
    """What the numbers in the maps of ``panoptic`` mean; ``classes``: what its labels count."""
    count = len(panoptic.labels)
    sizes = sum(view.flatten().bincount(minlength=count + 1) for view in panoptic.segments)
    rows = zip(panoptic.labels.tolist(), panoptic.scores.tolist(), sizes[1:].tolist(), strict=True)  # type: ignore[index]
    return [Segment(i, classes[label], label, round(score, 4), size) for i, (label, score, size) in enumerate(rows, start=1)]


def on_photo(segments: np.ndarray, size: tuple[int, int], transform: np.ndarray) -> np.ndarray:
    """A map [h, w] of what the network saw on the pixels of the photo, uint16 [H, W]; 0 where it was cut off.

    ``transform`` [3, 3] leads from pixels of the photo to those of the map, without turning.
    """
    rows, columns = (
        np.rint(transform[axis, axis] * np.arange(length) + transform[axis, 2]).astype(np.int64)
        for axis, length in ((1, size[0]), (0, size[1]))
    )
    found = np.zeros(size, np.uint16)  # photos are large
    down, across = ((places >= 0) & (places < length) for places, length in zip((rows, columns), segments.shape, strict=True))
    found[np.ix_(down, across)] = segments.clip(0, LARGEST).astype(np.uint16)[np.ix_(rows[down], columns[across])]
    return found


def write_panoptic(
    folder: Path,
    segments: Sequence[Segment],
    classes: Sequence[str],
    maps: Mapping[str, np.ndarray],
    points: np.ndarray,
    colors: np.ndarray,
    of_points: np.ndarray,
) -> None:
    """``panoptic.ply``: ``points`` [N, 3], painted by segment, with ``segment`` and ``label`` of each; ``segments.json``; and
    ``labels/<name>.png`` for each of the ``maps``. ``colors`` [N, 3] of points in no segment are washed out.
    """
    table = np.array([-1, *(segment.class_index for segment in segments)], np.int32)
    painted = paint_segments(colors, of_points - 1, instance_colors(len(segments)))
    extra = {'segment': of_points.astype(np.int32), 'label': table[of_points]}
    write_ply(folder / 'panoptic.ply', PlyMesh(points, painted, extra=extra))
    for name, values in maps.items():
        write_png(folder / 'labels' / f'{name}.png', values, 1)
    content = {'classes': list(classes), 'segments': [asdict(segment) for segment in segments]}
    write_text(folder / 'segments.json', json.dumps(content, indent=1, ensure_ascii=False))
