"""Answers of an untrained decoder to small scenes, with what is true of them."""

import pytest
import torch

from uniseg3d.structures import MaskOutput, QuerySet, Targets

THINGS, CLASSES, WIDTH = 5, 7, 8


def make_targets(generator, superpoints, instances, novel, clicks, texts):
    """Disjoint instances, overlapping novel masks; sentences are about random instances, several may be about the same."""
    owner = torch.randint(-2, max(instances, 1), (superpoints,), generator=generator)
    masks = owner == torch.arange(instances)[:, None]
    labels = torch.randint(0, THINGS, (instances,), generator=generator)
    classes = torch.randint(0, CLASSES + 1, (superpoints,), generator=generator)
    told = torch.randint(0, max(instances, 1), (texts,), generator=generator)
    nothing = torch.full((superpoints,), -1)
    return Targets(
        semantic=nothing + 1, instance=nothing, panoptic=nothing, labels=labels, object_ids=10 + torch.arange(instances),
        masks=masks, novel_masks=torch.rand(novel, superpoints, generator=generator) < 0.2,
        semantic_masks=classes == torch.arange(CLASSES + 1)[:, None],
        click_instance=torch.randperm(instances, generator=generator)[:clicks],
        text_masks=masks[told], text_labels=labels[told], text_object_ids=10 + told,
    )  # fmt: skip


def make_scene(seed=0, queries=30, superpoints=40, instances=4, novel=2, clicks=4, texts=3, heads=3):
    """Outputs of all heads, queries and targets of one scene; the outputs are leaves of a graph."""
    generator = torch.Generator().manual_seed(seed)
    targets = make_targets(generator, superpoints, instances, novel, clicks, texts)
    own = torch.randint(0, superpoints, (queries,), generator=generator)
    counts = {'scene': queries, 'clicks': clicks, 'texts': texts}
    total = sum(counts.values())
    asked = QuerySet(torch.zeros(total, 1), counts, torch.cat([own, torch.full((clicks + texts,), -1)]))

    def numbers(*shape):
        return torch.randn(*shape, generator=generator).requires_grad_()

    outputs = [
        MaskOutput(
            numbers(total, superpoints), numbers(total, WIDTH), numbers(total, THINGS + 1),
            numbers(total, CLASSES + 1) if head == heads - 1 else None, numbers(total),
            numbers(superpoints, CLASSES + 1) if head == heads - 1 else None, numbers(total, 5) if head == heads - 1 else None,
        )
        for head in range(heads)
    ]  # fmt: skip
    return outputs, asked, targets


@pytest.fixture
def scene():
    """The function that makes scenes."""
    return make_scene
