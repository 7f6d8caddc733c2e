"""Terms of the final head alone, for one scene. Each says whether the scene has anything for it."""

from typing import NamedTuple

from torch import Tensor

from uniseg3d.models.criteria.contrastive import ContrastiveCriterion, open_text_entropy
from uniseg3d.models.criteria.distillation import class_distillation, mask_distillation
from uniseg3d.models.criteria.links import clicks_of_texts, queries_of_clicks, queries_of_texts
from uniseg3d.models.criteria.semantic import semantic_entropy
from uniseg3d.models.criteria.weights import LossForms
from uniseg3d.structures import MaskOutput, QuerySet, Targets
from uniseg3d.utils.errors import ConfigError


class FinalScene(NamedTuple):
    """One scene as the final head sees it: the answers of each group of queries, and what is true."""

    scene: MaskOutput
    clicks: MaskOutput
    texts: MaskOutput
    superpoint: Tensor  # [S] int64, of the scene queries
    matched: Tensor  # [S, n] bool, which scene query answers for which instance
    targets: Targets

    @classmethod
    def of(cls, output: MaskOutput, queries: QuerySet, matrix: Tensor, targets: Targets) -> 'FinalScene':
        """From the output of all Q queries and the ``matrix`` [Q, G] of who answers for what."""
        rows = queries.rows('scene')
        scene, clicks, texts = (output.select(queries.rows(name)) for name in ('scene', 'clicks', 'texts'))
        return cls(scene, clicks, texts, queries.superpoint[rows], matrix[rows, : len(targets.masks)], targets)


class Term(NamedTuple):
    """A loss of one scene; one that is not ``present`` is zero."""

    value: Tensor  # []
    present: bool


def semantic_term(scene: FinalScene) -> Term:
    """Classes of the superpoints that scene queries were made from."""
    if scene.scene.semantic is None:
        raise ConfigError('the weight of the semantic loss is not 0, but the decoder gives no semantic logits')
    return Term(semantic_entropy(scene.scene.semantic, scene.targets.semantic_superpoints[scene.superpoint]), True)


def superpoint_term(scene: FinalScene) -> Term:
    """Classes of all superpoints, by their features alone."""
    if scene.scene.superpoints is None:
        raise ConfigError('the weight of the superpoint loss is not 0, but the decoder gives no logits of superpoints')
    return Term(semantic_entropy(scene.scene.superpoints, scene.targets.semantic_superpoints), True)


def mask_distillation_term(scene: FinalScene, share: float, forms: LossForms) -> Term:
    """Clicks teach the masks of the scene queries that found the same instances."""
    query, click = queries_of_clicks(scene.matched, scene.targets)
    if forms.distill_complete_only and int(scene.matched.sum()) != len(scene.clicks):
        query, click = query[:0], click[:0]
    logits, teacher = scene.scene.masks.index_select(0, query), scene.clicks.masks.index_select(0, click)
    return Term(mask_distillation(logits, teacher, share, forms.saturating_distillation), len(query) > 0)


def class_distillation_term(scene: FinalScene, forms: LossForms) -> Term:
    """Clicks teach the classes of the sentences about the same objects."""
    if scene.texts.classes is None or scene.clicks.classes is None:
        raise ConfigError('the weight of the class distillation is not 0, but the decoder gives no class logits')
    text, click = clicks_of_texts(scene.targets)
    value = class_distillation(scene.texts.classes[text], scene.clicks.classes[click], forms.saturating_distillation)
    return Term(value, len(text) > 0)


def contrastive_terms(scene: FinalScene, criterion: ContrastiveCriterion) -> tuple[Term, Term]:
    """Contrast and ranks of the embeddings of clicks and sentences."""
    text, click = clicks_of_texts(scene.targets)
    objects = scene.targets.text_object_ids[text]
    contrast, ranks = criterion(scene.clicks.embeddings[click], scene.texts.embeddings[text], objects)
    return Term(contrast, len(text) > 0), Term(ranks, len(text) > 0)


def open_text_term(scene: FinalScene) -> Term:
    """Scene and click queries of an object should be named by its own sentence among those of the scene."""
    if scene.texts.names is None or scene.scene.names is None or scene.clicks.names is None:
        raise ConfigError('the weight of open_text is not 0, but the decoder has no name_head')
    ids = scene.targets.text_object_ids
    query, asked = queries_of_texts(scene.matched, scene.targets)
    text, click = clicks_of_texts(scene.targets)
    by_scene = open_text_entropy(scene.scene.names[query], scene.texts.names, asked, ids)
    by_click = open_text_entropy(scene.clicks.names[click], scene.texts.names, text, ids)
    return Term((by_scene + by_click) / 2, len(query) + len(click) > 0)
