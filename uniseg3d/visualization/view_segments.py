"""What models find in the views of a data set, as one picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.registry import init_default_scope

from uniseg3d.engine.config import load_config
from uniseg3d.engine.resume import existing_weights
from uniseg3d.io.images import write_jpeg, write_png
from uniseg3d.registry import DATASETS, MODELS
from uniseg3d.structures.view_batch import GRAY, ViewBatch
from uniseg3d.text.class_lists import class_list
from uniseg3d.utils.errors import DataError
from uniseg3d.utils.weights import apply_weights, load_weights
from uniseg3d.visualization.segment_sheet import renumbered, segment_colors, segment_sheet


def draw_segments(
    configs: Sequence[Path],
    weights: Path,
    scenes: Sequence[int],
    out: Path,
    data_root: str | None = None,
    classes: str = 'scannet20',
) -> None:
    """Photos, true segments, then those of the model of each config, which all have the same ``weights``, into ``out``.

    ``scenes`` are places in the test data of the first config; ``classes`` the list that its labels count.
    """
    init_default_scope('uniseg3d')
    loaded = [load_config(path) for path in configs]
    data = loaded[0].test_dataloader.dataset
    if data_root is not None:
        data.data_root = data_root
    dataset: Any = DATASETS.build(data)
    sequences = [_labelled(dataset, scene) for scene in scenes]
    state = load_weights(existing_weights(weights)).state_dict
    models = [_filled(config.model, state) for config in loaded]
    sheets = [_sheet(models, sequence, classes) for sequence in sequences]
    write = write_png if out.suffix == '.png' else write_jpeg
    write(out, np.concatenate(sheets))


def _labelled(dataset: Any, scene: int) -> ViewBatch:
    if not 0 <= scene < len(dataset):
        raise DataError(f'there is no sequence {scene}; the test data have {len(dataset)}, counted from 0')
    sequence: ViewBatch = dataset[scene]
    if sequence.instance is None or sequence.semantic is None:
        raise DataError('the test data have no labels; take a config with labels=True')
    return sequence


def _filled(config: Any, state: dict[str, torch.Tensor]) -> Any:
    model = MODELS.build(config)
    apply_weights(model, state)
    return model.eval()


@torch.no_grad()
def _sheet(models: Sequence[Any], sequence: ViewBatch, name: str) -> np.ndarray:
    classes = class_list(name)
    photos = ((sequence.images[0] + 1) * GRAY).round().byte().permute(0, 2, 3, 1).numpy()
    assert sequence.instance is not None and sequence.semantic is not None
    truth = renumbered(sequence.instance[0].numpy(), sequence.semantic[0].numpy())
    rows = {'photos': photos, 'truth': segment_colors(*truth, classes)}
    for number, model in enumerate(models):
        found = model.predict(sequence).panoptic[0]
        rows[f'model {number}'] = segment_colors(torch.stack(list(found.segments)).numpy(), found.labels.numpy(), classes)
    return segment_sheet({key: list(pictures) for key, pictures in rows.items()})
