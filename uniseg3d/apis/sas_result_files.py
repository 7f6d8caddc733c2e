"""What distilled features say about a scene, as a folder of files that ``uniseg3d view`` opens."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from uniseg3d.io.arrays import write_npz
from uniseg3d.io.ply import PlyMesh, write_ply
from uniseg3d.io.predictions import write_prediction
from uniseg3d.structures import MaskSet, Prediction, Sample
from uniseg3d.text.class_lists import ClassList
from uniseg3d.utils.files import write_text
from uniseg3d.visualization.heat import heat_colors
from uniseg3d.visualization.paint import first_mask, input_colors, predicted_semantic
from uniseg3d.visualization.palette import instance_colors, paint_labels, paint_segments


class SceneFolder:
    """Files about one scene, all of the same points ``xyz`` [N, 3]; ``close`` writes the summary that names them."""

    def __init__(self, folder: str | Path, sample: Sample, xyz: Tensor) -> None:
        self.folder, self.sample, self.xyz = Path(folder), sample, xyz.numpy().astype(np.float32)
        self.colors = input_colors(sample)
        self.summary: dict[str, Any] = {'scene': sample.scene.scene_id, 'points': len(self.xyz), 'notes': []}
        write_ply(self.folder / 'rgb.ply', PlyMesh(self.xyz, self.colors))

    def add_heat(self, texts: Sequence[str], fits: Tensor) -> None:
        """How well each point fits each text, cosines [T, N]; a cloud for each."""
        self.summary['heat'] = list(texts)
        for number, values in enumerate(fits.numpy().astype(np.float32)):
            mesh = PlyMesh(self.xyz, heat_colors(values), extra={'fit': values})
            write_ply(self.folder / f'heat_{number}.ply', mesh)

    def add_objects(self, prediction: Prediction, classes: ClassList) -> None:
        """Classes of points, and objects of those that have any; the numbers of both are in ``labels.npz``, too."""
        assert prediction.instances is not None
        semantic = predicted_semantic(prediction).astype(np.int32)
        owner = first_mask(prediction.instances.masks, prediction.superpoints).astype(np.int32)
        write_npz(self.folder / 'labels.npz', semantic=semantic, instances=owner)
        write_prediction(self.folder / 'prediction.npz', prediction)
        painted = paint_segments(self.colors, owner, instance_colors(len(prediction.instances)))
        for name, values, colors in (
            ('semantic', semantic, paint_labels(semantic, classes.colors)),
            ('instances', owner, painted),
        ):
            write_ply(self.folder / f'{name}.ply', PlyMesh(self.xyz, colors, extra={'label': values}))
        shares = np.bincount(semantic, minlength=len(classes)) / len(semantic)
        self.summary['classes'] = list(classes.names)
        self.summary['semantic'] = {classes.names[i]: round(float(shares[i]), 5) for i in np.argsort(-shares) if shares[i]}
        of_points = prediction.superpoints.expand(prediction.instances.masks)
        self.summary['instances'] = described(prediction.instances, of_points, self.xyz, classes)

    def close(self) -> Path:
        """Write the summary, last of all: its presence says that the folder is complete."""
        write_text(self.folder / 'summary.json', json.dumps(self.summary, indent=1, ensure_ascii=False))
        return self.folder


def described(found: MaskSet, of_points: Tensor, xyz: np.ndarray, classes: ClassList) -> list[dict[str, Any]]:
    """Class, score, size and box of each of n objects, whose points are ``of_points`` [n, N]."""
    rows = []
    for label, score, inside in zip(found.labels.tolist(), found.scores.tolist(), of_points, strict=True):
        places = xyz[inside.numpy()]
        box = [corner.round(3).tolist() for corner in (places.min(0), places.max(0))]
        rows.append(
            {'class': classes.thing_names[label], 'score': round(score, 4), 'points': int(torch.sum(inside)), 'box_metres': box}
        )
    return rows
