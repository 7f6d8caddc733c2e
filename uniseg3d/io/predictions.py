"""Predictions of one scene as a compressed .npz file: superpoint level, masks packed to bits."""

from pathlib import Path
from typing import Any

import numpy as np
import torch

from uniseg3d.structures import MaskSet, PanopticMap, Prediction, Superpoints
from uniseg3d.utils.errors import FileFormatError
from uniseg3d.utils.files import atomic_path

SCHEMA = 'uniseg3d-prediction-1'
MASK_SETS = ('instances', 'clicks', 'texts', 'objects', 'named')


def write_prediction(path: str | Path, prediction: Prediction) -> None:
    """Write ``prediction`` atomically; the suffix must be ``.npz``."""
    prediction = prediction.to('cpu')
    arrays: dict[str, Any] = {
        'schema': SCHEMA,
        'scene_id': prediction.scene_id,
        'superpoints': prediction.superpoints.ids.numpy().astype(np.int32),
    }
    if prediction.semantic is not None:
        arrays['semantic'] = prediction.semantic.numpy()
    if prediction.panoptic is not None:
        arrays['panoptic'] = torch.stack([prediction.panoptic.semantic, prediction.panoptic.segment]).numpy()
    for name in MASK_SETS:
        arrays |= _mask_arrays(name, getattr(prediction, name))
    if prediction.click_rounds is not None:
        arrays['click_rounds'] = np.packbits(prediction.click_rounds.numpy(), axis=-1)  # [R, K, ceil(M / 8)]
    with atomic_path(path) as temporary:
        np.savez_compressed(temporary, **arrays)


def _mask_arrays(name: str, masks: MaskSet | None) -> dict[str, np.ndarray]:
    if masks is None:
        return {}
    arrays = {
        f'{name}.masks': np.packbits(masks.masks.numpy(), axis=1),
        f'{name}.scores': masks.scores.float().numpy(),
        f'{name}.labels': masks.labels.numpy(),
    }
    if masks.class_probabilities is not None:
        arrays[f'{name}.class_probabilities'] = masks.class_probabilities.float().numpy()
    return arrays


def read_prediction(path: str | Path) -> Prediction:
    """Inverse of :func:`write_prediction`; scores come back in single precision."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = dict(archive)
        if str(arrays['schema']) != SCHEMA:
            raise FileFormatError(f'{path} has schema {arrays["schema"]}; expected {SCHEMA}')
        return _prediction(arrays)
    except FileNotFoundError as error:
        raise FileFormatError(f'{path} does not exist; check the path') from error
    except Exception as error:  # zip and numpy raise many kinds for a damaged archive
        raise FileFormatError(f'{path} is damaged or holds no prediction: {error}; write it again with --dump') from error


def _prediction(arrays: dict[str, np.ndarray]) -> Prediction:
    superpoints = Superpoints(torch.from_numpy(arrays['superpoints'].astype(np.int64)))
    sets = {name: _mask_set(name, arrays, len(superpoints)) for name in MASK_SETS if f'{name}.masks' in arrays}
    return Prediction(
        str(arrays['scene_id']),
        superpoints,
        semantic=torch.from_numpy(arrays['semantic']) if 'semantic' in arrays else None,
        panoptic=PanopticMap(*torch.from_numpy(arrays['panoptic'])) if 'panoptic' in arrays else None,
        click_rounds=_bits(arrays['click_rounds'], len(superpoints)) if 'click_rounds' in arrays else None,
        **{name: sets.get(name) for name in MASK_SETS},
    )


def _mask_set(name: str, arrays: dict[str, np.ndarray], count: int) -> MaskSet:
    probabilities = arrays.get(f'{name}.class_probabilities')
    return MaskSet(
        _bits(arrays[f'{name}.masks'], count),
        torch.from_numpy(arrays[f'{name}.scores']),
        torch.from_numpy(arrays[f'{name}.labels']),
        None if probabilities is None else torch.from_numpy(probabilities),
    )


def _bits(packed: np.ndarray, count: int) -> torch.Tensor:
    return torch.from_numpy(np.unpackbits(packed, axis=-1, count=count).astype(bool))
