"""UniSeg3D's training criteria word for word: one head, one scene and, for ranks, one pair after the other."""

import torch
import torch.nn.functional as F
from torch import Tensor

from uniseg3d.structures import MaskOutput, QuerySet, Targets

BLOCKED, VOID_WEIGHT = 1e8, 0.1
Pairs = tuple[Tensor, Tensor]  # queries and the masks that they answer for, two times [P]
Scene = tuple[list[MaskOutput], QuerySet, Targets]


def literal_losses(scenes: list[Scene], logit_scale: Tensor) -> dict[str, Tensor]:
    """All terms of a batch of scenes, the outputs of all heads each, under the published names."""
    heads = range(len(scenes[0][0]))
    matched = [[_match(outputs[h], queries, targets) for outputs, queries, targets in scenes] for h in heads]
    found = [_instance_losses(scenes, h, matched[h]) for h in heads]
    terms = {name: sum((losses[name] for losses in found), torch.zeros(())) for name in found[0]}
    terms['IntrinsicPointAndQuery_loss'] = 0.1 * _mask_distillation(scenes, matched[-1])
    terms['seg_loss'] = 0.2 * torch.stack([_semantic(*scene) for scene in scenes]).mean()
    terms['point_prompt_inst_loss'] = 0.1 * _prompt_loss(scenes, 'clicks')
    terms['text_prompt_inst_loss'] = 0.1 * _prompt_loss(scenes, 'texts')
    return terms | {name: 0.1 * loss for name, loss in _aligned_losses(scenes, logit_scale).items()}


def _match(output: MaskOutput, queries: QuerySet, targets: Targets) -> tuple[Pairs, Pairs]:
    """Base and novel pairs of one head of one scene."""
    masks, classes = (part[queries.rows('scene')].detach() for part in (output.masks, output.classes))
    own = queries.superpoint[queries.rows('scene')]
    cost = 0.5 * -classes.softmax(1)[:, targets.labels] + _mask_cost(masks, targets.masks)
    cost[~targets.masks[:, own].T] = BLOCKED
    base = _best(cost)
    free = torch.ones(len(masks), dtype=torch.bool)
    free[base[0]] = False
    (left,) = torch.where(free)
    cost = _mask_cost(masks[left], targets.novel_masks)
    cost[~targets.novel_masks[:, own[left]].T] = BLOCKED
    novel = _best(cost)
    return base, (left[novel[0]], novel[1])


def _mask_cost(logits: Tensor, masks: Tensor) -> Tensor:
    targets = masks.to(logits.dtype)
    inside = F.binary_cross_entropy_with_logits(logits, torch.ones_like(logits), reduction='none')
    outside = F.binary_cross_entropy_with_logits(logits, torch.zeros_like(logits), reduction='none')
    entropy = (inside @ targets.T + outside @ (1 - targets).T) / logits.shape[1]
    share = logits.sigmoid()
    dice = 1 - (2 * share @ targets.T + 1) / (share.sum(1)[:, None] + targets.sum(1)[None] + 1)
    return entropy + dice


def _best(cost: Tensor) -> Pairs:
    if cost.shape[1] == 0:
        return (torch.zeros(0, dtype=torch.long),) * 2
    second = cost.topk(2, dim=0, largest=False).values[-1:]
    pairs = torch.argwhere(cost < second)
    return pairs[:, 0], pairs[:, 1]


def _instance_losses(scenes: list[Scene], head: int, matched: list[tuple[Pairs, Pairs]]) -> dict[str, Tensor]:
    """Terms of one head over all scenes."""
    last = head + 1 == len(scenes[0][0])
    classes, overlaps, base, novel = [], [], [], []
    for (outputs, queries, targets), (found, extra) in zip(scenes, matched, strict=True):
        rows = queries.rows('scene')
        masks, logits, ious = outputs[head].masks[rows], outputs[head].classes[rows], outputs[head].ious[rows]
        labels = torch.full((len(masks),), logits.shape[1] - 1)
        labels[found[0]] = targets.labels[found[1]]
        labels[extra[0]] = -1
        classes.append(_class_loss(logits, labels))
        base.append((masks[found[0]], targets.masks[found[1]].float()))
        novel.append((masks[extra[0]], targets.novel_masks[extra[1]].float()))
        chosen, truth = (torch.cat([pair[part] for pair in (base[-1], novel[-1])]) for part in (0, 1))
        chosen = (chosen.detach().sigmoid() >= 0.5).float()
        shared = (chosen * truth).sum(1)
        goal = shared / (chosen.sum(1) + truth.sum(1) - shared + 1e-6)
        overlaps.append(F.mse_loss(ious[torch.cat([found[0], extra[0]])], goal) if len(goal) else ious.sum() * 0)
    entropy, dice = _mask_loss(base, 1 if last else len(scenes))
    novel_entropy, novel_dice = _mask_loss(novel, 1)
    return {
        'inst_loss': 0.5 * torch.stack(classes).mean() + entropy + dice,
        'ov_inst_loss': 0.1 * novel_entropy + 0.1 * novel_dice,
        'iou_inst_loss': 0.1 * torch.stack(overlaps).mean(),
    }


def _class_loss(logits: Tensor, labels: Tensor) -> Tensor:
    weight = torch.ones(logits.shape[1])
    weight[-1] = VOID_WEIGHT
    return F.cross_entropy(logits, labels, weight, ignore_index=-1)


def _mask_loss(scenes: list[tuple[Tensor, Tensor]], divisor: int) -> tuple[Tensor, Tensor]:
    """Cross entropy and dice of the scenes that have pairs; the dice of auxiliary heads is divided once more."""
    entropies, dices = [], []
    for logits, targets in scenes:
        if len(logits) == 0:
            continue
        share = logits.sigmoid()
        overlap = (2 * (share * targets).sum(1) + 1) / (share.sum(1) + targets.sum(1) + 1)
        entropies.append(F.binary_cross_entropy_with_logits(logits, targets))
        dices.append((1 - overlap).mean())
    if not entropies:
        return torch.zeros(()), torch.zeros(())
    return torch.stack(entropies).mean(), 4 * torch.stack(dices).mean() / divisor


def _prompt_loss(scenes: list[Scene], group: str) -> Tensor:
    """Clicks or sentences: each answers for what it means."""
    total = torch.zeros(())
    for head in range(len(scenes[0][0])):
        classes, masks = [], []
        for outputs, queries, targets in scenes:
            rows, clicked = queries.rows(group), targets.click_instance
            labels = targets.labels[clicked] if group == 'clicks' else targets.text_labels
            truth = targets.masks[clicked] if group == 'clicks' else targets.text_masks
            if len(labels) == 0:
                continue
            classes.append(_class_loss(outputs[head].classes[rows], labels))
            masks.append((outputs[head].masks[rows], truth.float()))
        if classes:
            entropy, dice = _mask_loss(masks, 1 if head + 1 == len(scenes[0][0]) else len(scenes))
            total = total + 0.5 * torch.stack(classes).mean() + entropy + dice
    return total


def _mask_distillation(scenes: list[Scene], matched: list[tuple[Pairs, Pairs]]) -> Tensor:
    """Clicks teach the scene queries of the same instances, in scenes where all were found."""
    losses = []
    for (outputs, queries, targets), ((query, instance), _) in zip(scenes, matched, strict=True):
        if len(query) != len(targets.click_instance) or len(query) == 0:
            continue
        learner = outputs[-1].masks[queries.rows('scene')][query[instance.argsort()]]
        teacher = outputs[-1].masks[queries.rows('clicks')][targets.click_instance.argsort()]
        height, owner = teacher.max(0)
        surest = height.topk(int(0.1 * teacher.shape[1])).indices
        goal = teacher[owner[surest], surest].sigmoid().detach()
        losses.append(F.binary_cross_entropy(learner[owner[surest], surest].sigmoid(), goal))
    return torch.stack(losses).mean() if losses else torch.zeros(())


def _semantic(outputs: list[MaskOutput], queries: QuerySet, targets: Targets) -> Tensor:
    rows = queries.rows('scene')
    labels = targets.semantic_masks[:, queries.superpoint[rows]].int().argmax(0)
    return F.cross_entropy(outputs[-1].semantic[rows][:, :-1], labels, ignore_index=len(targets.semantic_masks) - 1)


def _aligned_losses(scenes: list[Scene], logit_scale: Tensor) -> dict[str, Tensor]:
    """Contrast, ranks and class distillation of the clicks and sentences about the same objects."""
    contrasts, ranks, classes = [], [], []
    for outputs, queries, targets in scenes:
        if len(targets.text_labels) == 0:
            continue
        clicked = targets.object_ids[targets.click_instance].tolist()
        order = [clicked.index(told) for told in targets.text_object_ids.tolist()]
        clicks, texts = (outputs[-1].select(queries.rows(group)) for group in ('clicks', 'texts'))
        similarity = F.normalize(clicks.embeddings[order], dim=1) @ F.normalize(texts.embeddings, dim=1).T
        own = torch.arange(len(order))
        scaled = logit_scale * similarity
        contrasts.append((F.cross_entropy(scaled, own) + F.cross_entropy(scaled.T, own)) / 2)
        rank = torch.zeros(())
        for i in range(len(order)):
            for j in range(len(order)):
                if i != j:
                    rank = rank + torch.clamp(similarity[i, j] - similarity[j, j], min=0)
        ranks.append(rank)
        classes.append(F.binary_cross_entropy(texts.classes.sigmoid(), clicks.classes[order].sigmoid().detach()))
    named = {'contrastive_loss': contrasts, 'rank_loss': ranks, 'pseudo_ditribute_loss': classes}
    return {name: torch.stack(losses).mean() if losses else torch.zeros(()) for name, losses in named.items()}
