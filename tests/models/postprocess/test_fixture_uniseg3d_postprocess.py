"""Post-processing against the original's results, which it computed point by point."""

from functools import cache

import numpy as np
import pytest
import torch
from fixture_paths import fixture_folder
from torch import Tensor

from uniseg3d.models.postprocess import UniSeg3DPostprocess
from uniseg3d.models.postprocess.instance import rank_candidates
from uniseg3d.models.postprocess.matrix_nms import matrix_nms
from uniseg3d.structures import MaskOutput, MaskSet, Prediction, QuerySet, Superpoints

TOLERANCE = 1e-6  # of scores; masks, labels, maps and orders are equal


@cache
def archive() -> dict[str, np.ndarray]:
    with np.load(fixture_folder('uniseg3d') / 'v_postprocess.npz') as file:
        return {name: file[name] for name in file.files}


def tensor(name: str) -> Tensor:
    return torch.from_numpy(archive()[name])


def unpacked(name: str) -> Tensor:
    points = len(archive()['in/superpoints'])
    return torch.from_numpy(np.unpackbits(archive()[name], axis=1, count=points).astype(bool))


def superpoints() -> Superpoints:
    return Superpoints(tensor('in/superpoints'))


def output(nothing: bool = False) -> MaskOutput:
    """What the decoder said about all queries: of the scene, clicks, texts. Texts have no classes in the archive."""
    groups = [tensor('in/masks'), tensor('in/click_masks'), tensor('in/text_masks')]
    scene, clicks, texts = (len(group) for group in groups)
    classes, semantic = tensor('in/cls'), tensor('in/sem')
    classes = torch.zeros_like(classes) if nothing else classes
    prompts = clicks + texts
    return MaskOutput(
        torch.cat(groups),
        torch.zeros(scene + prompts, 1),
        torch.cat([classes, tensor('in/click_cls'), classes.new_zeros(texts, classes.shape[1])]),
        torch.cat([semantic, semantic.new_zeros(prompts, semantic.shape[1])]),
        torch.cat([tensor('in/iou')[:, 0], classes.new_zeros(prompts)]),
    )


def queries() -> QuerySet:
    counts = {'scene': 'in/masks', 'clicks': 'in/click_masks', 'texts': 'in/text_masks'}
    counts = {group: len(archive()[name]) for group, name in counts.items()}
    total = sum(counts.values())
    superpoint = torch.full((total,), -1)
    superpoint[: counts['scene']] = torch.arange(counts['scene'])
    return QuerySet(torch.zeros(total, 1), counts, superpoint)


@cache
def prediction(nothing: bool = False, **options) -> Prediction:
    return UniSeg3DPostprocess(**options)(output(nothing), queries(), superpoints(), 'fixture')


def assert_same_masks(ours: MaskSet, folder: str) -> None:
    np.testing.assert_allclose(ours.scores.numpy(), archive()[f'{folder}/scores'], rtol=0, atol=TOLERANCE)
    assert torch.equal(ours.labels, tensor(f'{folder}/labels'))
    assert torch.equal(superpoints().expand(ours.masks), unpacked(f'{folder}/masks_packbits'))


@pytest.mark.parametrize('kernel', ['linear', 'gaussian'])
def test_matrix_nms(kernel: str) -> None:
    scores, kept = matrix_nms(tensor('in/nms_masks'), tensor('in/nms_scores'), tensor('in/nms_labels'), kernel)
    np.testing.assert_allclose(scores.numpy(), archive()[f'out/nms_{kernel}/scores'], rtol=0, atol=TOLERANCE)
    assert torch.equal(kept, tensor(f'out/nms_{kernel}/keep'))


@pytest.mark.parametrize(('folder', 'use_ious'), [('out/instance', False), ('out/panoptic_things', True)])
def test_candidates_before_any_threshold(folder: str, use_ious: bool) -> None:
    """The decayed scores, and which query and class each belongs to."""
    pairs, keep = tensor(f'{folder}/topk_query_times18_plus_label'), tensor(f'{folder}/nms_keep')
    scene = output().select(queries().rows('scene'))
    things = archive()['in/cls'].shape[1] - 1
    ours = rank_candidates(scene, len(pairs), use_ious=use_ious)
    np.testing.assert_allclose(ours.scores.numpy(), archive()[f'{folder}/nms_scores'], rtol=0, atol=TOLERANCE)
    assert torch.equal(ours.labels, pairs[keep] % things)
    assert torch.equal(ours.masks, scene.masks[pairs[keep] // things].sigmoid())


def test_instances() -> None:
    assert_same_masks(prediction().instances, 'out/instance')


def test_things_of_the_panoptic_map() -> None:
    things = prediction(instance_threshold=0.5, instance_ious=True).instances
    assert_same_masks(things, 'out/panoptic_things')


def test_semantic() -> None:
    assert torch.equal(superpoints().expand(prediction().semantic), tensor('out/semantic'))


@pytest.mark.parametrize(('folder', 'nothing'), [('out/panoptic', False), ('out/panoptic_nothing', True)])
def test_panoptic(folder: str, nothing: bool) -> None:
    panoptic = prediction(nothing).panoptic
    assert torch.equal(superpoints().expand(panoptic.semantic), tensor(f'{folder}/semantic'))
    assert torch.equal(superpoints().expand(panoptic.segment), tensor(f'{folder}/instance'))


def test_clicks() -> None:
    clicks = prediction().clicks
    assert torch.equal(superpoints().expand(clicks.masks), unpacked('out/click/pred_packbits'))
    true = tensor('in/click_labels')[:, None]
    confidence = clicks.class_probabilities.gather(1, true)[:, 0]
    np.testing.assert_allclose(confidence.numpy(), archive()['out/click/confidence'], rtol=0, atol=TOLERANCE)


def test_texts() -> None:
    assert torch.equal(superpoints().expand(prediction().texts.masks), unpacked('out/text/pred_packbits'))


def test_objects() -> None:
    """The original lists them by query, we by score."""
    found, order = prediction().objects, tensor('out/ovs/conf').argsort(descending=True, stable=True)
    np.testing.assert_allclose(found.scores.numpy(), archive()['out/ovs/conf'][order.numpy()], rtol=0, atol=TOLERANCE)
    assert torch.equal(superpoints().expand(found.masks), unpacked('out/ovs/ins_packbits')[order])
    assert (found.labels == -1).all()
