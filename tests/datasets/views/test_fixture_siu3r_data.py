"""What SIU3R makes of its labels and poses."""

from functools import cache

import numpy as np
import pytest
import torch
from fixture_paths import fixture_folder
from torch import Tensor

from uniseg3d.geometry.se3 import relative_pose
from uniseg3d.io.id_images import colors_to_ids
from uniseg3d.models.criteria.view_truth import view_truths
from uniseg3d.structures.view_batch import ViewBatch
from uniseg3d.text.class_lists import class_list

pytestmark = pytest.mark.full_set
NAMES = list(class_list('scannet20').names)


@cache
def archive() -> dict[str, np.ndarray]:
    with np.load(fixture_folder('siu3r') / 'data.npz') as file:
        return {key: file[key] for key in file.files}


def labelled() -> ViewBatch:
    """As the layout of SIU3R's tree reads the pictures: thousands are classes, from 1."""
    ids = np.stack([colors_to_ids(picture) for picture in archive()['target/panoptic_png']])
    maps = [torch.from_numpy(part.astype(np.int64))[None] for part in (ids // 1000 - 1, ids % 1000)]
    views, height, width = ids.shape
    names = [[str(view) for view in range(views)]]
    return ViewBatch(['s'], torch.zeros(1, views, 3, height, width), names, semantic=maps[0], instance=maps[1], classes=[NAMES])


def test_classes_and_masks_of_objects() -> None:
    (truth,) = view_truths(labelled(), NAMES)
    assert truth.labels.tolist() == archive()['target/class_labels'].tolist()
    masks = truth.maps == truth.numbers[:, None, None, None]
    np.testing.assert_array_equal(masks.numpy(), archive()['target/mask_labels_u8'].astype(bool))


def test_poses_relative_to_the_first_context() -> None:
    poses = torch.from_numpy(archive()['camera/c2w'])
    contexts = archive()['camera/relative_context']
    relative = relative_pose(poses[first_context(poses, contexts)], poses)
    assert_among(contexts, relative)
    assert_among(archive()['camera/relative_target'], relative)


def first_context(poses: Tensor, contexts: np.ndarray) -> int:
    """Which pose the contexts are seen from."""
    errors = [
        min(float((relative_pose(poses[place], pose) - torch.from_numpy(contexts[1])).abs().max()) for pose in poses)
        for place in range(len(poses))
    ]
    return int(np.argmin(errors))


def assert_among(expected: np.ndarray, relative: Tensor) -> None:
    for pose in torch.from_numpy(expected):
        assert float((relative - pose).abs().amax((1, 2)).min()) < 1e-9
