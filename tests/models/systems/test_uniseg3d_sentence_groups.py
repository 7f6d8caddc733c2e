"""Training with sentences that mean several objects or none."""

from dataclasses import replace

import torch
from model_samples import room_sample

from uniseg3d.models import UniSeg3D
from uniseg3d.models.criteria.contrastive import naming_entropy
from uniseg3d.structures import SceneBatch

DIM = 16


def parts():
    head = {'type': 'LinearClassHead', 'dim': 32}
    return {
        'encoder': {'type': 'SuperpointEncoder', 'dim': DIM, 'point_dim': 8, 'blocks': 1, 'heads': 2},
        'text_encoder': {'type': 'ScratchText', 'dim': DIM, 'width': 16, 'heads': 2, 'layers': 1},
        'queries': {'type': 'UnifiedQueries', 'dim': DIM},
        'decoder': {
            'type': 'QueryDecoder', 'in_channels': DIM, 'dim': 32, 'heads': 2, 'hidden': 32, 'layers': 2,
            'class_head': head | {'classes': 18}, 'semantic_head': head | {'classes': 20},
            'iou_head': {'type': 'IoUHead', 'dim': 32}, 'prompts_see_scene': ('texts',),
        },
        'postprocess': {'type': 'UniSeg3DPostprocess', 'min_points': 5},
        'criterion': {'type': 'UniSeg3DCriterion', 'weights': {'texts': 1.0}},
    }  # fmt: skip


def grouped(sample):
    """The first sentence means the first two objects, the second none, the third the third."""
    meant = torch.zeros(3, 3, dtype=torch.bool)
    meant[0, :2] = meant[2, 2] = True
    ids = torch.tensor([-1, -1, int(sample.targets.object_ids[2])])
    labels = torch.tensor([-1, -1, int(sample.targets.labels[2])])
    masks = meant.float() @ sample.targets.masks.float() > 0
    targets = replace(sample.targets, text_masks=masks, text_labels=labels, text_object_ids=ids, text_objects=meant)
    tokens = torch.zeros(3, 77, dtype=torch.long)
    tokens[:, 0], tokens[:, 1], tokens[:, 2] = 49406, torch.arange(3) + 500, 49407
    prompts = replace(sample.prompts, texts=replace(sample.prompts.texts, tokens=tokens))
    return replace(sample, targets=targets, prompts=prompts)


def test_the_masks_of_such_sentences_are_learned():
    torch.manual_seed(0)
    model = UniSeg3D(**parts()).train()
    batch = SceneBatch([grouped(room_sample(0))])
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(60):
        losses = model.loss(batch)
        total = sum(value for name, value in losses.items() if 'loss' in name)
        assert total.isfinite()
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
    said = model.eval().predict(batch)[0].texts.masks
    meant = batch.samples[0].targets.text_masks
    overlap = (said & meant).sum(1) / (said | meant).sum(1).clamp(min=1)
    assert overlap[0] > 0.5 and overlap[2] > 0.5  # both objects together, and one alone
    assert said[1].sum() <= 2  # next to nothing


def test_sentences_about_no_single_object_are_no_wrong_names():
    logits, answer = torch.randn(2, 4), torch.tensor([0, 2])
    alone = naming_entropy(logits[:, [0, 2]], torch.tensor([0, 1]), torch.tensor([5, 6]))
    torch.testing.assert_close(naming_entropy(logits, answer, torch.tensor([5, -1, 6, -1])), alone)
