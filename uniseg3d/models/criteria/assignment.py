"""Who answers for what: queries and masks of one scene, for all heads at once."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from uniseg3d.models.criteria.costs import class_costs, mask_costs
from uniseg3d.models.criteria.matching import top1
from uniseg3d.models.criteria.weights import MatchWeights
from uniseg3d.structures import MaskOutput, QuerySet, Targets

GROUPS = ('scene', 'novel', 'clicks', 'texts')  # novel: scene queries that answer for pseudo masks


@dataclass(frozen=True)
class Assignment:
    """H heads, Q queries, G masks: those of the n instances, the novel ones, those of the sentences."""

    matrix: Tensor  # [H, Q, G] bool, true where the query answers for the mask
    masks: Tensor  # [G, M] bool
    labels: Tensor  # [G] int64, -1 = of no known class
    group: Tensor  # [Q, G] int64, index into GROUPS

    def pairs(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Head, query, mask and group of every pair, in this order of sorting: four times [P]."""
        head, query, mask = self.matrix.nonzero(as_tuple=True)
        return head, query, mask, self.group[query, mask]

    def query_labels(self, void: int) -> Tensor:
        """What each query should say [H, Q]: ``void`` if it answers for nothing, -1 if nobody knows.

        Of a query that answers for several masks, the last one counts.
        """
        order = torch.arange(len(self.masks) + 1, device=self.matrix.device, dtype=torch.int32)
        last = (F.pad(self.matrix, (1, 0)) * order).amax(-1)  # [H, Q], 0 = answers for nothing
        return F.pad(self.labels, (1, 0), value=void)[last]


@torch.no_grad()
def assign(
    outputs: list[MaskOutput],
    queries: QuerySet,
    targets: Targets,
    weights: MatchWeights,
    groups: tuple[str, ...] = GROUPS,
) -> Assignment:
    """Scene queries by matching, prompts by what they mean; groups that are not named stay without pairs."""
    count = len(targets.masks)
    novel = targets.novel_masks if 'novel' in groups else targets.novel_masks[:0]
    objects = torch.cat([targets.masks, novel])
    masks = torch.cat([objects, targets.text_masks])
    labels = torch.cat([targets.labels, targets.labels.new_full((len(novel),), -1), targets.text_labels])
    matrix = masks.new_zeros(len(outputs), len(queries), len(masks))
    if 'scene' in groups:
        matrix[:, queries.rows('scene'), : len(objects)] = match_scene(outputs, queries, objects, targets.labels, weights)
    clicks, texts = (torch.arange(len(queries), device=masks.device)[queries.rows(name)] for name in ('clicks', 'texts'))
    if 'clicks' in groups:
        matrix[:, clicks, targets.click_instance] = True
    if 'texts' in groups:
        matrix[:, texts, torch.arange(len(objects), len(masks), device=masks.device)] = True
    group = labels.new_zeros(len(queries), len(masks))
    group[:, count:] = GROUPS.index('novel')
    group[clicks], group[texts] = GROUPS.index('clicks'), GROUPS.index('texts')
    return Assignment(matrix, masks, labels, group)


def match_scene(outputs: list[MaskOutput], queries: QuerySet, objects: Tensor, labels: Tensor, weights: MatchWeights) -> Tensor:
    """Pairs [H, S, n + u] of S scene queries and ``objects`` [n + u, M], of which the first n have ``labels`` [n].

    A query may answer only for objects that contain its own superpoint, one made from none for all; what is left after the
    instances may answer for the novel masks. Queries inside no object are dropped before anything is computed.
    """
    rows, count = queries.rows('scene'), len(labels)
    own = queries.superpoint[rows]
    allowed = (objects[:, own] | (own < 0)).T  # [S, n + u]
    (inside,) = allowed.any(1).nonzero(as_tuple=True)
    allowed, goals = allowed[inside], objects.float()
    cost = torch.stack([pair_costs(output, inside + rows.start, goals, labels, weights) for output in outputs])
    base = top1(cost[..., :count], allowed[:, :count].expand(len(outputs), -1, -1))
    free = allowed[:, count:] & ~base.any(-1, keepdim=True)
    matrix = objects.new_zeros(len(outputs), rows.stop - rows.start, len(objects))
    matrix[:, inside] = torch.cat([base, top1(cost[..., count:], free)], -1)
    return matrix


def pair_costs(output: MaskOutput, rows: Tensor, objects: Tensor, labels: Tensor, weights: MatchWeights) -> Tensor:
    """Costs of the queries in ``rows`` [S] for the ``objects`` [n + u, M], of which the first n have ``labels``: [S, n + u]."""
    entropy, dice = mask_costs(output.masks.index_select(0, rows).float(), objects)
    cost = weights.entropy * entropy + weights.dice * dice
    if output.classes is not None:
        cost[:, : len(labels)] += weights.classes * class_costs(output.classes.index_select(0, rows).float(), labels)
    return cost
