"""The archive of SIU3R's evaluation, scene by scene."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from fixture_paths import fixture_folder

CLASSES, STUFF = 20, (0, 1)


@cache
def archive() -> dict[str, np.ndarray]:
    with np.load(fixture_folder('siu3r') / 'metrics.npz') as file:
        return {key: file[key] for key in file.files}


def scenes() -> range:
    return range(int(archive()['cfg/scenes_H_W_targets'][0]))


@dataclass
class SceneMaps:
    """Labels of one scene; -1 = void."""

    predicted: np.ndarray
    predicted_segment: np.ndarray
    truth: np.ndarray
    true_segment: np.ndarray
    info: np.ndarray  # [n, 2] segment and class
    scores: np.ndarray  # [n]


def maps(scene: int, views: str) -> SceneMaps:
    """``views``: context, or target for all."""
    ids = archive()[f's{scene}/target_ids']
    rows = np.isin(ids, archive()[f's{scene}/context_ids']) if views == 'context' else np.ones(len(ids), bool)
    parts = [
        archive()[f's{scene}/{name}'][rows].astype(np.int64) - (name.endswith('semantic'))
        for name in ('pred_semantic', 'pred_instance', 'gt_semantic', 'gt_instance')
    ]
    info = archive()[f's{scene}/info_id_label'].copy()
    info[:, 1] -= 1
    return SceneMaps(*parts, info, archive()[f's{scene}/info_score'])
