"""The whole post-processing: against a literal version on points, and in the empty cases."""

import pytest
import torch
from torch import Tensor

from uniseg3d.models.postprocess import UniSeg3DPostprocess
from uniseg3d.registry import MODELS
from uniseg3d.structures import MaskOutput, QuerySet, Superpoints
from uniseg3d.utils.errors import ConfigError

THINGS, CLASSES = 18, 20


def random_scene(m=40, clicks=3, texts=2, seed=0, things=THINGS, queries=None):
    """An output with smooth masks, some of them strong, and superpoints of unequal size."""
    generator = torch.Generator().manual_seed(seed)
    scene = m if queries is None else queries
    total = scene + clicks + texts
    where = torch.rand(m, 2, generator=generator)
    centre = where[torch.randint(0, m, (total,), generator=generator)]
    masks = 6 - 30 * (centre[:, None] - where).norm(dim=2)
    output = MaskOutput(
        masks,
        torch.zeros(total, 1),
        4 * torch.randn(total, things + 1, generator=generator),
        4 * torch.randn(total, things + 3, generator=generator),
        torch.rand(total, generator=generator),
    )
    superpoint = torch.full((total,), -1)
    superpoint[:scene] = torch.arange(m)[:scene]
    sizes = torch.randint(1, 60, (m,), generator=generator)
    ids = torch.arange(m).repeat_interleave(sizes)
    ids = ids[torch.randperm(len(ids), generator=generator)]
    counts = {'scene': scene, 'clicks': clicks, 'texts': texts}
    return output, QuerySet(torch.zeros(total, 1), counts, superpoint), Superpoints(ids)


def literal_instances(output: MaskOutput, ids: Tensor, threshold: float, use_ious: bool) -> tuple[Tensor, Tensor, Tensor]:
    """The published order of steps on points [N]; one label and one query at a time."""
    probability = output.classes.double().softmax(1)[:, :-1]
    probability = probability * output.ious.double()[:, None] if use_ious else probability
    pairs = sorted(((float(p), i // THINGS, i % THINGS) for i, p in enumerate(probability.flatten())), reverse=True)[:600]
    soft = output.masks.double().sigmoid()
    quality = [
        float(row[logits > 0].mean()) if (logits > 0).any() else 0.0 for row, logits in zip(soft, output.masks, strict=True)
    ]
    ranked = sorted(((p * quality[query], query, label) for p, query, label in pairs), reverse=True)
    decayed = decay_linearly(ranked, soft)
    final = sorted(
        ((score * factor, query, label) for (score, query, label), factor in zip(ranked, decayed, strict=True)), reverse=True
    )
    kept = [(s, q, label) for s, q, label in final if s > threshold and (soft[q][ids] > 0.4).sum() > 100]
    masks = torch.stack([soft[query][ids] > 0.4 for _, query, _ in kept]) if kept else torch.zeros(0, len(ids)).bool()
    return masks, torch.tensor([s for s, *_ in kept]), torch.tensor([label for *_, label in kept]).long()


def decay_linearly(ranked: list[tuple[float, int, int]], soft: Tensor) -> list[float]:
    masks = soft[[query for _, query, _ in ranked]]
    labels = torch.tensor([label for *_, label in ranked])
    factors, worst = [], []
    for j in range(len(ranked)):
        better = torch.arange(j)[labels[:j] == labels[j]]
        shared = masks[better] @ masks[j]
        iou = torch.zeros(j, dtype=torch.float64).index_copy_(
            0, better, shared / (masks[better].sum(1) + masks[j].sum() - shared)
        )
        factors.append(min([1.0, *((1 - iou) / (1 - torch.tensor(worst, dtype=torch.float64))).tolist()]))
        worst.append(float(iou.max()) if j else 0.0)
    return factors


def literal_panoptic(masks: Tensor, labels: Tensor, stuff: Tensor) -> tuple[Tensor, Tensor]:
    """Masks [n, N] in decreasing score pasted over stuff [N], worst first; then small remains are taken out."""
    count = len(masks)
    semantic, segment = stuff.clone(), stuff.clone()
    winner = torch.full_like(stuff, -1)
    for place in range(count):
        winner[masks[count - 1 - place]] = place
    for place in range(count):
        points = winner == place
        if points.sum() > 100:
            semantic[points], segment[points] = labels[count - 1 - place] + 2, place + 2
    return semantic, segment


@pytest.mark.parametrize('seed', range(3))
def test_equals_the_literal_version_on_points(seed):
    output, queries, superpoints = random_scene(m=50, seed=seed)
    found = UniSeg3DPostprocess(panoptic_threshold=0.3)(output, queries, superpoints, 'r')
    scene, ids = output.select(queries.rows('scene')), superpoints.ids
    masks, scores, labels = literal_instances(scene, ids, 0.0, use_ious=False)
    assert len(masks) > 50, 'too easy'
    torch.testing.assert_close(found.instances.scores.double(), scores.double(), rtol=1e-4, atol=1e-6)
    assert torch.equal(found.instances.labels, labels)
    assert torch.equal(superpoints.expand(found.instances.masks), masks)
    assert torch.equal(found.per_point(found.semantic), scene.semantic[:, :CLASSES].argmax(1)[ids])
    things, _, thing_labels = literal_instances(scene, ids, 0.3, use_ious=True)
    assert len(things) > 5, 'too easy'
    semantic, segment = literal_panoptic(things, thing_labels, scene.semantic[:, :2].argmax(1)[ids])
    assert torch.equal(found.per_point(found.panoptic.semantic), semantic)
    assert torch.equal(found.per_point(found.panoptic.segment), segment)


def test_prompts_are_answered_one_by_one():
    output, queries, superpoints = random_scene(clicks=3, texts=2)
    found = UniSeg3DPostprocess()(output, queries, superpoints, 'r')
    assert len(found.clicks) == 3 and len(found.texts) == 2
    probability = output.masks.sigmoid()
    assert torch.equal(found.clicks.masks, probability[40:43] > 0.4)
    assert torch.equal(found.texts.masks, probability[43:] > 0.4)
    assert found.clicks.class_probabilities.shape == (3, THINGS)


def test_prompts_alone_leave_the_scene_out():
    output, queries, superpoints = random_scene()
    alone = output.select(slice(40, None))
    found = UniSeg3DPostprocess()(alone, queries.only('clicks', 'texts'), superpoints, 'r')
    assert found.semantic is found.instances is found.panoptic is found.objects is None
    whole = UniSeg3DPostprocess()(output, queries, superpoints, 'r')
    assert torch.equal(found.clicks.masks, whole.clicks.masks) and torch.equal(found.texts.scores, whole.texts.scores)


def test_a_scene_without_prompts_has_empty_sets():
    found = UniSeg3DPostprocess()(*random_scene(clicks=0, texts=0), 'r')
    assert found.clicks.masks.shape == found.texts.masks.shape == (0, 40)
    assert len(found.instances) > 0


@pytest.mark.parametrize('m', [1, 2, 33])
def test_fewer_pairs_than_the_top(m):
    found = UniSeg3DPostprocess(min_points=0)(*random_scene(m=m, clicks=1, texts=0), 'r')
    assert found.semantic.shape == found.panoptic.segment.shape == (m,)
    assert 0 < len(found.instances) <= m * THINGS
    assert (found.instances.scores.diff() <= 0).all()


def test_no_thing_anywhere():
    output, queries, superpoints = random_scene()
    output.classes[:, -1] = 500.0
    found = UniSeg3DPostprocess()(output, queries, superpoints, 'r')
    assert len(found.instances) == 0
    assert torch.equal(found.panoptic.semantic, output.semantic[:40, :2].argmax(1))
    assert torch.equal(found.panoptic.segment, found.panoptic.semantic)


def test_a_part_of_the_superpoints_may_ask():
    output, queries, superpoints = random_scene(m=40, queries=15)
    found = UniSeg3DPostprocess()(output, queries, superpoints, 'r')
    assert torch.equal(found.semantic[:15], output.semantic[:15, :CLASSES].argmax(1))
    votes = output.masks[:15].sigmoid().T @ output.semantic[:15, :CLASSES].softmax(1)
    assert torch.equal(found.semantic[15:], votes.argmax(1)[15:])


def test_objects_can_be_left_out_and_then_need_no_iou_head():
    output, queries, superpoints = random_scene()
    output.ious = None
    lean = {'panoptic_ious': False, 'objects': False}
    found = UniSeg3DPostprocess(**lean)(output, queries, superpoints, 'r')
    assert found.objects is None and found.panoptic is not None
    for needs in ('panoptic_ious', 'objects', 'instance_ious'):
        with pytest.raises(ConfigError, match=r'MaskOutput.ious is missing'):
            UniSeg3DPostprocess(**{**lean, needs: True})(output, queries, superpoints, 'r')


def test_sizes_of_the_class_list_come_from_the_output():
    output, queries, superpoints = random_scene(things=5)
    found = UniSeg3DPostprocess(num_stuff=2)(output, queries, superpoints, 'r')
    assert found.semantic.max() < 7 and found.instances.labels.max() < 5
    things_only = UniSeg3DPostprocess(num_stuff=0, panoptic_threshold=0.2)(output, queries, superpoints, 'r')
    covered = things_only.panoptic.segment >= 0
    assert covered.any() and not covered.all() and (things_only.panoptic.semantic[~covered] == -1).all()


def test_autocast_and_gradients_do_not_reach_it():
    output, queries, superpoints = random_scene()
    plain = UniSeg3DPostprocess()(output, queries, superpoints, 'r')
    output.masks.requires_grad_()
    with torch.autocast('cpu', dtype=torch.bfloat16):
        found = UniSeg3DPostprocess()(output, queries, superpoints, 'r')
    assert torch.equal(found.instances.scores, plain.instances.scores) and not found.instances.scores.requires_grad


def test_half_precision_outputs_are_answered():
    output, queries, superpoints = random_scene()
    half = MaskOutput(*(part if part is None else part.bfloat16() for part in vars(output).values()))
    found = UniSeg3DPostprocess()(half, queries, superpoints, 'r')
    assert found.instances.scores.dtype == torch.float32


def test_it_is_registered_and_refuses_unknown_kernels():
    assert isinstance(MODELS.build({'type': 'UniSeg3DPostprocess', 'nms': 'gaussian'}), UniSeg3DPostprocess)
    for option in ('nms', 'object_nms'):
        with pytest.raises(ConfigError, match="no kernel 'hard'"):
            UniSeg3DPostprocess(**{option: 'hard'})


def test_sentences_take_objects_also_when_they_come_later() -> None:
    output, queries, superpoints = random_scene()
    output.masks[queries.rows('texts')] = output.masks[:2].maximum(output.masks[5:7])  # torn between two places
    process = UniSeg3DPostprocess(min_points=1, object_threshold=0.1, object_nms='linear', texts_take_objects=True)
    whole = process(output, queries, superpoints, 'room')
    assert whole.texts is not None and whole.objects is not None
    assert all(any(torch.equal(mask, found) for found in whole.objects.masks) for mask in whole.texts.masks)
    prompts = output.select(slice(queries.rows('clicks').start, None))
    later = process(prompts, queries.only('clicks', 'texts'), superpoints, 'room', objects=whole.objects)
    assert later.texts is not None and torch.equal(later.texts.masks, whole.texts.masks)
    alone = process(prompts, queries.only('clicks', 'texts'), superpoints, 'room')
    assert alone.texts is not None and not torch.equal(alone.texts.masks, whole.texts.masks)


def test_sentences_cannot_take_objects_that_are_not_looked_for() -> None:
    with pytest.raises(ConfigError, match='needs objects=True'):
        UniSeg3DPostprocess(objects=False, texts_take_objects=True)
