"""The numbers of SIU3R's evaluation from its own files."""

import numpy as np
import pytest
import torch
from view_scores import CLASSES, STUFF, archive, maps, scenes

from uniseg3d.evaluation.functional.coco import class_precision, coco_scores
from uniseg3d.evaluation.functional.depth import depth_errors
from uniseg3d.evaluation.functional.image_quality import psnr_original, ssim_original
from uniseg3d.evaluation.functional.label_maps import class_ious_original, label_confusion, panoptic_counts_original
from uniseg3d.evaluation.functional.panoptic import PanopticCounts, panoptic_scores
from uniseg3d.evaluation.functional.view_objects import ObjectMaps, match_objects

pytestmark = pytest.mark.full_set


def places(scene: int) -> list[int]:
    """Row of each view in the order in which the original read its files."""
    ids = archive()[f's{scene}/target_ids'].tolist()
    return [ids.index(item) for item in archive()[f's{scene}/out/psnr_items']]


def test_images() -> None:
    found = []
    for scene in scenes():
        for place, expected in zip(places(scene), archive()[f's{scene}/out/psnr_ssim'], strict=True):
            image, photo = (
                torch.from_numpy(archive()[f's{scene}/{name}'][place]).permute(2, 0, 1) / 255 for name in ('rgb', 'rgb_gt')
            )
            found.append([psnr_original(image, photo), ssim_original(image, photo)])
            np.testing.assert_allclose(found[-1], expected, rtol=1e-5)
    np.testing.assert_allclose(np.mean(found, 0), [archive()['out/psnr'], archive()['out/ssim']], rtol=1e-5)


def test_depth() -> None:
    found = []
    for scene in scenes():
        for place, expected in zip(places(scene), archive()[f's{scene}/out/absrel_rmse'], strict=True):
            depth, truth = (
                torch.from_numpy(archive()[f's{scene}/{name}'][place].astype(np.float64)) / 1000
                for name in ('depth_pred_png', 'depth_gt_png')
            )
            errors = depth_errors(depth, truth, 'lstsq')
            found.append([errors.abs_rel, errors.rmse])
            np.testing.assert_allclose(found[-1], expected, rtol=2e-6)
    np.testing.assert_allclose(np.mean(found, 0), [archive()['out/absrel'], archive()['out/rmse']], rtol=2e-6)


@pytest.mark.parametrize('views', ['context', 'target'])
def test_classes(views: str) -> None:
    every = [maps(scene, views) for scene in scenes()]
    ious = class_ious_original(sum(label_confusion(one.predicted, one.truth, CLASSES) for one in every))
    np.testing.assert_allclose(ious, archive()[f'out/{views}_ious_per_class'], atol=1e-6)
    np.testing.assert_allclose(ious.mean(), archive()[f'out/{views}_miou'], atol=1e-6)


@pytest.mark.parametrize('views', ['context', 'target'])
def test_panoptic_quality(views: str) -> None:
    every = [maps(scene, views) for scene in scenes()]
    counts = [
        panoptic_counts_original(one.predicted, one.predicted_segment, one.truth, one.true_segment, CLASSES, STUFF)
        for one in every
    ]
    scores = panoptic_scores(PanopticCounts.total(counts)).pq
    order = [*range(len(STUFF), CLASSES), *STUFF]  # the archive lists things first
    np.testing.assert_allclose(scores[order], archive()[f'out/{views}_pqs_per_class'][0], atol=1e-6)
    np.testing.assert_allclose(scores.mean(), archive()[f'out/{views}_pq'], atol=1e-6)


@pytest.mark.parametrize('views', ['context', 'target'])
def test_average_precision(views: str) -> None:
    by_class = {}
    for scene in scenes():
        one = maps(scene, views)
        said = ObjectMaps.scored(one.predicted_segment, one.info[:, 0], one.info[:, 1], one.scores)
        real = ObjectMaps.labelled(one.true_segment, one.truth, STUFF)
        for label, matches in match_objects(said, real).items():
            by_class.setdefault(label, []).append(matches)
    classes = {label: class_precision(by_class[label]) for label in sorted(by_class)}
    assert list(classes) == archive()[f'out/{views}_map/classes'].tolist()
    each = [coco_scores([one]) for one in classes.values()]
    np.testing.assert_allclose([one['map'] for one in each], archive()[f'out/{views}_map/map_per_class'], atol=1e-6)
    np.testing.assert_allclose([one['mar_100'] for one in each], archive()[f'out/{views}_map/mar_100_per_class'], atol=1e-6)
    for name, value in coco_scores(classes.values()).items():
        np.testing.assert_allclose(value, archive()[f'out/{views}_map/{name}'], atol=1e-6, err_msg=name)
