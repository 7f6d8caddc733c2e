"""How long answers take about a scene that is open already."""

from dataclasses import dataclass
from statistics import median
from time import perf_counter, process_time

import numpy as np

from uniseg3d.apis.scene_inferencer import SceneInferencer
from uniseg3d.io.raw_cloud import RawCloud
from uniseg3d.rooms.build import build_room
from uniseg3d.rooms.scan import scan_room

SENTENCE = 'the red chair next to table {}'


@dataclass(frozen=True)
class Latency:
    """Milliseconds on the wall and of the processor, in the middle of all rounds."""

    wall: float
    processor: float


def dense_room(points: int, seed: int = 0) -> RawCloud:
    """A scanned procedural room with as many points as wanted, drawn evenly from its triangles."""
    rng = np.random.default_rng(seed)
    _, scan = scan_room(build_room('room9100_00', seed, 'val'), rng)
    corners = scan.vertices[scan.faces].astype(np.float64)  # [T, 3, 3]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    face = rng.choice(len(area), points, p=area / area.sum())
    weight = rng.dirichlet(np.ones(3), points)  # [points, 3]
    xyz = np.einsum('nk,nkd->nd', weight, corners[face]).astype(np.float32)
    colors = np.einsum('nk,nkc->nc', weight, scan.colors[scan.faces[face]].astype(np.float64)).round().astype(np.uint8)
    return RawCloud(xyz, colors, metric_z_up=True)


def prompt_latency(inferencer: SceneInferencer, cloud: RawCloud, rounds: int = 10) -> dict[str, Latency]:
    """Of a new click and of a new sentence, each asked ``rounds`` times about other places and with other words."""
    scene = inferencer.open(cloud)
    rows = np.flatnonzero(np.isfinite(cloud.xyz).all(1))
    rows = rows[np.linspace(0, len(rows) - 1, rounds + 1).astype(int)]
    clicks = [tuple(map(float, cloud.xyz[row])) for row in rows]
    inferencer(scene, clicks[:1], [SENTENCE.format('')])  # what needs no prompt is answered, the tokenizer loaded
    return {
        'click': _middle([_timed(inferencer, scene, {'clicks': [click]}) for click in clicks[1:]]),
        'sentence': _middle([_timed(inferencer, scene, {'texts': [SENTENCE.format(i)]}) for i in range(rounds)]),
    }


def _timed(inferencer: SceneInferencer, scene: object, asked: dict) -> tuple[float, float]:
    wall, processor = perf_counter(), process_time()
    inferencer(scene, **asked)  # type: ignore[arg-type]
    return 1000 * (perf_counter() - wall), 1000 * (process_time() - processor)


def _middle(times: list[tuple[float, float]]) -> Latency:
    walls, processors = zip(*times, strict=True)
    return Latency(median(walls), median(processors))
