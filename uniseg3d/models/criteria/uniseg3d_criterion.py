"""Everything that UniSeg3D is trained with."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from uniseg3d.models.criteria import final_terms
from uniseg3d.models.criteria.assignment import GROUPS, assign
from uniseg3d.models.criteria.contrastive import ContrastiveCriterion
from uniseg3d.models.criteria.final_terms import FinalScene, Term
from uniseg3d.models.criteria.set_criterion import SceneTerms, scene_terms
from uniseg3d.models.criteria.weights import LossForms, LossWeights, MatchWeights
from uniseg3d.registry import MODELS
from uniseg3d.structures import MaskOutput, QuerySet, Targets

NAMES = {  # what the published training calls the terms, in its order
    'scene': 'inst_loss',
    'novel': 'ov_inst_loss',
    'iou': 'iou_inst_loss',
    'mask_distillation': 'IntrinsicPointAndQuery_loss',
    'semantic': 'seg_loss',
    'clicks': 'point_prompt_inst_loss',
    'texts': 'text_prompt_inst_loss',
    'contrastive': 'contrastive_loss',
    'rank': 'rank_loss',
    'class_distillation': 'pseudo_ditribute_loss',
    'superpoints': 'superpoint_loss',
    'open_text': 'open_text_loss',
}
UNPUBLISHED = ('superpoints', 'open_text')  # returned only where they have a weight


@MODELS.register_module()
class UniSeg3DCriterion(nn.Module):
    """The ten terms of UniSeg3D and two that it lacks, each a mean over the scenes of a batch.

    ``weights``, ``forms`` and ``matcher`` name the fields of :class:`LossWeights`, :class:`LossForms` and
    :class:`MatchWeights` that differ from their defaults; ``void_weight`` is the class weight of "no object",
    ``distilled_share`` the share of superpoints where clicks teach the masks of scene queries.
    """

    def __init__(
        self,
        weights: dict[str, float] | None = None,
        forms: dict[str, bool] | None = None,
        matcher: dict[str, float] | None = None,
        void_weight: float = 0.1,
        distilled_share: float = 0.1,
    ) -> None:
        super().__init__()
        self.weights, self.forms = LossWeights(**(weights or {})), LossForms(**(forms or {}))
        self.matcher = MatchWeights(**(matcher or {}))
        self.void_weight, self.distilled_share = void_weight, distilled_share
        self.contrastive_criterion: ContrastiveCriterion | None = None
        if self.weights.contrastive or self.weights.rank:
            self.contrastive_criterion = ContrastiveCriterion(self.forms.raw_logit_scale, self.forms.sum_ranks)

    def forward(self, outputs: list[list[MaskOutput]], queries: list[QuerySet], targets: list[Targets]) -> dict[str, Tensor]:
        """``outputs`` [B][H], the final head last, to every term [] under its published name; terms of weight 0 are 0."""
        terms, finals = [], []
        with torch.autocast(outputs[0][-1].masks.device.type, enabled=False):
            for heads, asked, truth in zip(outputs, queries, targets, strict=True):
                pairs = assign(heads, asked, truth, self.matcher, self.weights.groups)
                terms.append(scene_terms(heads, asked, pairs, self.weights, self.void_weight))
                finals.append(FinalScene.of(heads[-1], asked, pairs.matrix[-1], truth))
            values = self._of_all_heads(terms) | self._of_final_head(finals)
        zero = outputs[0][-1].masks.new_zeros((), dtype=torch.float32)
        names = {term: name for term, name in NAMES.items() if term not in UNPUBLISHED or getattr(self.weights, term)}
        return {name: values.get(term, zero) for term, name in names.items()}

    def _of_all_heads(self, scenes: Sequence[SceneTerms]) -> dict[str, Tensor]:
        weights = self.weights
        present = torch.stack([scene.pairs > 0 for scene in scenes])  # [B, 4, H]
        entropy = self._mean([scene.entropy for scene in scenes], present)  # [4, H]
        dice = self._mean([scene.dice for scene in scenes], present)
        if self.forms.auxiliary_dice_over_batch:
            dice = dice / self._dice_divisors(dice, len(scenes))
        novel = weights.novel_entropy * entropy[1] + weights.novel_dice * dice[1]
        present[:, 0] = True  # every scene has queries to classify
        classes = self._mean([scene.classes for scene in scenes], present)
        objects = (weights.classes * classes + weights.entropy * entropy + weights.dice * dice).sum(1)  # [4]
        iou = torch.stack([scene.iou for scene in scenes]).mean(0)
        return {
            'scene': objects[0],
            'novel': novel.sum(),
            'clicks': weights.clicks * objects[2],
            'texts': weights.texts * objects[3],
            'iou': weights.iou * iou.sum(),
        }

    def _dice_divisors(self, dice: Tensor, batch: int) -> Tensor:
        divisors = torch.full_like(dice, batch)  # [4, H]
        divisors[:, -1] = divisors[GROUPS.index('novel')] = 1
        return divisors

    def _of_final_head(self, scenes: Sequence[FinalScene]) -> dict[str, Tensor]:
        found: dict[str, list[Term]] = {}
        for scene in scenes:
            for name, term in self._final_terms(scene):
                found.setdefault(name, []).append(term)
        return {name: getattr(self.weights, name) * self._mean_of_terms(terms) for name, terms in found.items()}

    def _final_terms(self, scene: FinalScene) -> Iterator[tuple[str, Term]]:
        if self.weights.mask_distillation:
            yield 'mask_distillation', final_terms.mask_distillation_term(scene, self.distilled_share, self.forms)
        if self.weights.semantic:
            yield 'semantic', final_terms.semantic_term(scene)
        if self.weights.superpoints:
            yield 'superpoints', final_terms.superpoint_term(scene)
        if self.contrastive_criterion is not None:
            contrast, ranks = final_terms.contrastive_terms(scene, self.contrastive_criterion)
            yield from (('contrastive', contrast), ('rank', ranks))
        if self.weights.class_distillation:
            yield 'class_distillation', final_terms.class_distillation_term(scene, self.forms)
        if self.weights.open_text:
            yield 'open_text', final_terms.open_text_term(scene)

    def _mean(self, values: Sequence[Tensor], present: Tensor) -> Tensor:
        """Over scenes: B values [...] and ``present`` [B, ...] to [...]."""
        total = torch.stack(list(values)).sum(0)
        return total / (present.sum(0).clamp(min=1) if self.forms.mean_over_present else len(values))

    def _mean_of_terms(self, terms: Sequence[Term]) -> Tensor:
        total = torch.stack([term.value for term in terms]).sum()
        return total / (max(sum(term.present for term in terms), 1) if self.forms.mean_over_present else len(terms))
