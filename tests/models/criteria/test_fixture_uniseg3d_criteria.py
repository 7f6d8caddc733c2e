"""Costs, matchings, losses and gradients of fixture family iii."""

import numpy as np
import pytest
import torch
from fixture_paths import fixture_folder

from uniseg3d.models.criteria import UniSeg3DCriterion
from uniseg3d.models.criteria.assignment import assign, pair_costs
from uniseg3d.models.criteria.weights import LossWeights, MatchWeights
from uniseg3d.structures import MaskOutput, QuerySet, Targets

GROUPS = {'scene': 'generic', 'clicks': 'click', 'texts': 'text'}
FIELDS = {'masks': 'mask', 'embeddings': 'embed', 'classes': 'cls', 'semantic': 'sem', 'ious': 'iou'}
PUBLISHED = dict.fromkeys(
    (
        'mean_over_present', 'auxiliary_dice_over_batch', 'distill_complete_only', 'saturating_distillation',
        'raw_logit_scale', 'sum_ranks',
    ),
    True,
)  # fmt: skip


class Archive:
    """The archive's predictions as leaves of a graph, and its targets, as the criterion takes them."""

    def __init__(self):
        with np.load(fixture_folder('uniseg3d') / 'iii_criteria.npz') as file:
            self.arrays = dict(file)
        self.batch, self.heads, _ = self['config'].tolist()
        self.leaves = {
            name.removeprefix('in/pred/'): torch.from_numpy(array).requires_grad_()
            for name, array in self.arrays.items()
            if name.startswith('in/pred/')
        }
        self.queries = [self._queries(scene) for scene in range(self.batch)]
        self.targets = [self._targets(scene) for scene in range(self.batch)]
        self.outputs = [[self._output(scene, head) for head in range(self.heads)] for scene in range(self.batch)]

    def __getitem__(self, name):
        return torch.from_numpy(self.arrays[name])

    def gradient(self, name):
        """Gradient of a prediction; zero if no loss depends on it."""
        leaf = self.leaves[name]
        return torch.zeros_like(leaf) if leaf.grad is None else leaf.grad

    def _queries(self, scene):
        superpoint = self[f'in/query_superpoints/{scene}']
        prompts = [len(self[f'in/{kind}_labels/{scene}']) for kind in ('click', 'text')]
        total = len(superpoint) + sum(prompts)
        counts = dict(zip(GROUPS, (len(superpoint), *prompts), strict=True))
        return QuerySet(torch.zeros(total, 1), counts, torch.cat([superpoint, torch.full((sum(prompts),), -1)]))

    def _targets(self, scene):
        stacked, is_novel = self[f'in/sp_masks/{scene}'], self[f'in/is_novel/{scene}']
        objects, semantic = stacked[:-21], stacked[-21:]
        masks, novel = objects[~is_novel[:-21]], objects[is_novel[:-21]]
        clicked = self[f'in/click_instance_ids/{scene}']
        object_ids = torch.full((len(masks),), -1)
        object_ids[clicked] = self[f'in/click_object_ids/{scene}']
        nothing = torch.zeros(masks.shape[1], dtype=torch.long)
        return Targets(
            semantic=nothing, instance=nothing - 1, panoptic=nothing - 1, labels=self[f'in/labels_3d/{scene}'][: len(masks)],
            object_ids=object_ids, masks=masks, novel_masks=novel, semantic_masks=semantic, click_instance=clicked,
            text_masks=self[f'in/text_masks/{scene}'], text_labels=self[f'in/text_labels/{scene}'],
            text_object_ids=self[f'in/text_object_ids/{scene}'],
        )  # fmt: skip

    def _output(self, scene, head):
        parts = {field: self._rows(scene, head, name) for field, name in FIELDS.items()}
        return MaskOutput(**(parts | {'ious': parts['ious'][:, 0]}))

    def _rows(self, scene, head, name):
        """Rows of all groups; groups that have none of this kind are filled with zeros, if any group has some."""
        known = {group: self.leaves.get(f'{kind}/head{head}/{name}/{scene}') for group, kind in GROUPS.items()}
        if all(part is None for part in known.values()):
            return None
        width = next(part for part in known.values() if part is not None).shape[1]
        counts = self.queries[scene].counts
        return torch.cat([torch.zeros(counts[g], width) if part is None else part for g, part in known.items()])


@pytest.fixture(scope='module')
def archive():
    return Archive()


@pytest.fixture(scope='module')
def trained(archive):
    """Losses of the published forms, and the criterion; the gradients are in the archive's leaves."""
    criterion = UniSeg3DCriterion(forms=PUBLISHED)
    losses = criterion(archive.outputs, archive.queries, archive.targets)
    sum(losses.values()).backward()
    return losses, criterion


def test_costs_of_the_final_head(archive):
    for scene in range(archive.batch):
        truth = archive.targets[scene]
        rows = torch.arange(len(archive.queries[scene]))[archive.queries[scene].rows('scene')]
        cost = pair_costs(archive.outputs[scene][-1], rows, truth.masks.float(), truth.labels, MatchWeights())
        torch.testing.assert_close(cost.detach(), archive[f'out/cost/base/{scene}'], rtol=1e-5, atol=1e-6)


def test_matchings_are_the_same(archive):
    for scene in range(archive.batch):
        truth = archive.targets[scene]
        pairs = assign(archive.outputs[scene], archive.queries[scene], truth, MatchWeights(), LossWeights().groups)
        rows, count = archive.queries[scene].rows('scene'), len(truth.masks)
        for head in range(archive.heads):
            matrix = pairs.matrix[head, rows]
            base, novel = matrix[:, :count], matrix[:, count : count + len(truth.novel_masks)]
            assert torch.equal(base.nonzero(), archive[f'out/match/base/head{head}/{scene}'])
            assert torch.equal(novel.nonzero(), archive[f'out/match/novel/head{head}/{scene}'])


def test_losses_by_name(archive, trained):
    expected = {k.removeprefix('out/loss/'): float(v) for k, v in archive.arrays.items() if k.startswith('out/loss/')}
    got = {name: loss.item() for name, loss in trained[0].items()}
    assert list(got) == list(expected)
    assert got == pytest.approx(expected, rel=1e-6)
    assert sum(got.values()) == pytest.approx(float(archive.arrays['out/loss_total']), rel=1e-6)


def test_gradients_of_the_first_scene(archive, trained):
    names = [name.removeprefix('out/grad/') for name in archive.arrays if name.startswith('out/grad/')]
    for name in set(names) - {'logit_scale'}:
        torch.testing.assert_close(archive.gradient(name), archive[f'out/grad/{name}'], rtol=1e-4, atol=1e-7)
    scale = trained[1].contrastive_criterion.logit_scale
    torch.testing.assert_close(scale.grad, archive['out/grad/logit_scale'], rtol=1e-5, atol=0.0)


def test_gradient_norms_of_all_scenes(archive, trained):
    names = [name.removeprefix('out/grad_norm/') for name in archive.arrays if name.startswith('out/grad_norm/')]
    got = {name: float(archive.gradient(name).norm()) for name in names}
    assert got == pytest.approx({name: float(archive[f'out/grad_norm/{name}']) for name in names}, rel=1e-4, abs=1e-7)


def test_the_parameter_has_its_published_name_and_start():
    (name, value), *others = UniSeg3DCriterion().state_dict(prefix='criterion.').items()
    assert name == 'criterion.contrastive_criterion.logit_scale'
    assert not others
    assert float(value) == pytest.approx(np.log(1 / 0.07))
