"""The objects of a scene by any names: those that a user lists, or whatever fits best."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import torch
from torch import Tensor

from uniseg3d.models.heads import OpenClassHead
from uniseg3d.models.postprocess.instance import count_points, keep_instances, rank_candidates
from uniseg3d.models.postprocess.naming import distinct_objects, mix_shares, name_shares, with_names
from uniseg3d.priors.experts import ImageTextExpert
from uniseg3d.priors.object_looks import Looks, PhotoWitness
from uniseg3d.structures import MaskOutput, MaskSet, Prompts, Sample, SceneBatch
from uniseg3d.text.class_embeddings import embed_classes
from uniseg3d.text.templates import find_templates
from uniseg3d.text.vocabulary import others, with_kinds
from uniseg3d.utils.errors import ConfigError

OVERLAP = 0.5  # share of an object that better ones may have taken
EVIDENCE = ('network', 'photos', 'both')


@dataclass(frozen=True)
class NamingOptions:
    """How names are found; what makes a mask is up to the model.

    An object answers to a name if that is its most probable one, with at least the probability ``share`` against everything
    else in the vocabulary, and with at least this ``score``: lower ones find more and leave fewer absent names empty.
    """

    evidence: str = 'both'  # one of EVIDENCE
    photos: float = 0.25  # weight of the photos beside the network
    views: int = 5  # photos of each object
    limit: int = 150  # objects that are looked at
    share: float = 0.5
    score: float = 0.3

    def __post_init__(self) -> None:
        if self.evidence not in EVIDENCE or not 0 < self.photos < 1:
            raise ConfigError(
                f'evidence must be one of {", ".join(EVIDENCE)}, and the weight of photos lie between 0 and 1; '
                f'got {self.evidence!r} and {self.photos}'
            )


@dataclass(eq=False)
class SceneObjects:
    """k distinct objects of a scene, seen once and then asked for names as often as one likes."""

    sample: Sample
    rows: Tensor  # [k] queries of the network
    output: MaskOutput  # [k], what it says about them
    certainty: Tensor  # [k] that this is an object, and none of those before it
    looks: Looks | None  # [k], where there are photos and an expert for them


@dataclass(frozen=True)
class FoundObject:
    """An object with the names that fit it, from the most probable one on."""

    names: tuple[str, ...]
    shares: tuple[float, ...]
    score: float
    mask: Tensor = field(repr=False)  # [M] bool
    centre: tuple[float, ...]  # metres, in the frame of the network
    extent: tuple[float, ...]


class ObjectNamer:
    """A network for masks, an expert for photos, or both, asked for names.

    Args:
        model: a :class:`UniSeg3D`; its own head for names is evidence where it has one.
        expert: what reads crops of photos; ``None`` = the network is the only witness.
        vocabulary: everything that an object may be if it is none of the names asked for; ``None`` = what the expert knows.
    """

    def __init__(
        self,
        model: Any,
        expert: ImageTextExpert | None = None,
        vocabulary: Sequence[str] | None = None,
        options: NamingOptions | None = None,
    ) -> None:
        options = options or NamingOptions()
        self.model, self.expert, self.options = model.eval(), expert, options
        known = [] if expert is None else expert.vocabulary
        self.vocabulary = list(known if vocabulary is None else vocabulary)
        if options.evidence != 'network' and expert is None:
            raise ConfigError(
                f'the evidence {options.evidence!r} needs an expert for photos; name its weights, or ask the network'
            )

    @torch.no_grad()
    def look(self, sample: Sample, witness: PhotoWitness | None = None) -> SceneObjects:
        """Find the objects of a scene, and what they look like in its photos."""
        output = self._output(sample)
        certainty, rows = distinct_objects(output, self.options.limit)
        output = output.select(rows)
        looks = None
        if witness is not None and self.expert is not None and self.options.evidence != 'network':
            looks = witness.look(self._masks(output), self.expert, self.options.views)
        return SceneObjects(sample, rows, output, certainty, looks)

    @torch.no_grad()
    def shares(self, objects: SceneObjects, names: Sequence[str]) -> Tensor:
        """How probable each of the names is for each object, if it is one of them: [k, L]."""
        witnesses: list[tuple[Tensor, float]] = []
        if self.options.evidence != 'photos':
            witnesses.append((self._network_shares(objects, names), 1 - self.options.photos))
        if self.options.evidence != 'network' and objects.looks is not None and self.expert is not None:
            texts = embed_classes(names, self.expert.templates, self.expert.encode_texts)
            witnesses.append((objects.looks.shares(texts, self.expert.temperature), self.options.photos))
        if not witnesses:
            raise ConfigError(f'scene {objects.sample.scene.scene_id} has no photos, and the network was not to be asked')
        return mix_shares(*zip(*witnesses, strict=True))

    def _network_shares(self, objects: SceneObjects, names: Sequence[str]) -> Tensor:
        """By the network's own head for names, or by its classes where these are compared with embedded names anyway."""
        head = self.model.decoder.class_head
        if objects.output.names is not None or not isinstance(head, OpenClassHead):
            return name_shares(objects.output, self.model.say(names))
        known = head.prototypes
        head.set_classes(embed_classes(names, find_templates('rooms'), self.model.text_encoder.embed))
        try:
            output = self._output(objects.sample).select(objects.rows)
        finally:
            head.prototypes = known
        return cast(Tensor, output.classes)[:, :-1].float().softmax(1)

    def _output(self, sample: Sample) -> MaskOutput:
        """What the network says about a scene that it is asked nothing about [Q]."""
        return self.model(SceneBatch([Sample(sample.scene, sample.superpoints, Prompts())]), mode='tensor')[0]

    def rank(self, objects: SceneObjects, names: Sequence[str]) -> MaskSet:
        """Pairs of an object and a name in decreasing score, without any threshold: what average precision asks for."""
        ranked = rank_candidates(with_names(objects.output, self.shares(objects, names)), self.model.postprocess.topk)
        return keep_instances(
            ranked,
            objects.sample.superpoints.sizes,
            0.0,
            self.model.postprocess.mask_threshold,
            self.model.postprocess.min_points,
        )

    def find(self, objects: SceneObjects, names: Sequence[str]) -> list[FoundObject]:
        """Objects that are called by one of ``names`` rather than by anything else; names may go without any."""
        asked, background = with_kinds(names, self.vocabulary), others(names, self.vocabulary)
        shares = self.shares(objects, [*asked, *background])
        best, label = shares.max(1)
        sure = (label < len(names)) & (best >= self.options.share)
        return self._described(objects, shares[:, : len(names)] * sure[:, None], names, 1)

    def look_around(self, objects: SceneObjects, count: int = 3) -> list[FoundObject]:
        """All certain objects with the ``count`` names of the vocabulary that fit each best."""
        if not self.vocabulary:
            raise ConfigError('there is no vocabulary to look for; give a list of names')
        return self._described(objects, self.shares(objects, self.vocabulary), self.vocabulary, count)

    def _described(self, objects: SceneObjects, shares: Tensor, names: Sequence[str], count: int) -> list[FoundObject]:
        """Objects whose best name scores enough and that are no part of a better one, with their best names."""
        masks, sizes = self._masks(objects.output), objects.sample.superpoints.sizes
        best, place = shares.topk(min(count, len(names)), dim=1)  # [k, count]
        scores = objects.certainty * best[:, 0]
        kept = (scores >= self.options.score) & (scores > 0) & (count_points(masks, sizes) > self.model.postprocess.min_points)
        found, taken = [], torch.zeros_like(masks[:1]).any(0)  # [M]
        for row in scores.argsort(descending=True).tolist():
            mask = masks[row]
            if kept[row] and sizes[mask & taken].sum() <= OVERLAP * sizes[mask].sum():
                taken |= mask
                called, shares_of = tuple(names[i] for i in place[row].tolist()), tuple(best[row].tolist())
                found.append(FoundObject(called, shares_of, float(scores[row]), mask, *_box(objects.sample, mask)))
        return found

    def _masks(self, output: MaskOutput) -> Tensor:
        return output.masks.float().sigmoid() > self.model.postprocess.mask_threshold


def _box(sample: Sample, mask: Tensor) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Centre and extent of the points under ``mask`` [M]."""
    points = sample.scene.xyz[sample.superpoints.expand(mask)]
    low, high = points.amin(0), points.amax(0)
    return tuple(((low + high) / 2).tolist()), tuple((high - low).tolist())
