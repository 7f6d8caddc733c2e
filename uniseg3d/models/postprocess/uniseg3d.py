"""All tasks of UniSeg3D from the final output of its decoder."""

from typing import Any

import torch
from torch import nn

from uniseg3d.models.postprocess.instance import Candidates, keep_instances, rank_candidates
from uniseg3d.models.postprocess.matrix_nms import check_kernel
from uniseg3d.models.postprocess.naming import rename
from uniseg3d.models.postprocess.objects import find_objects
from uniseg3d.models.postprocess.panoptic import merge_panoptic, stuff_map
from uniseg3d.models.postprocess.prompts import prompt_masks, take_objects
from uniseg3d.models.postprocess.semantic import superpoint_classes
from uniseg3d.registry import MODELS
from uniseg3d.structures import MaskOutput, MaskSet, PanopticMap, Prediction, QuerySet, Superpoints
from uniseg3d.utils.errors import ConfigError


@MODELS.register_module()
class UniSeg3DPostprocess(nn.Module):
    """Scene queries give the semantic map, instances, panoptic map and objects; each click and sentence gives its mask.

    Everything is computed per superpoint; points count only through the sizes of the superpoints.

    Args:
        topk: pairs of a query and a class that compete to be instances.
        instance_threshold: least score of an instance, exclusive.
        panoptic_threshold: the same for things of the panoptic map.
        min_points: instances and panoptic things must have more points than that.
        mask_threshold: probability above which a superpoint belongs to a mask.
        nms: kernel of matrix NMS, 'linear' or 'gaussian'.
        num_stuff: the first classes, which have no instances.
        instance_ious: scores of instances contain the predicted IoU.
        panoptic_ious: the same for things of the panoptic map.
        objects: also find class-agnostic objects.
        object_threshold: least score of such an object, exclusive.
        object_nms: kernel of matrix NMS among objects; ``None`` = duplicates stay.
        texts_take_objects: a sentence is answered with the object that it means most likely, not with its own mask.
        semantic_votes: the class of a superpoint is what its own query and those whose masks cover it say together.
    """

    def __init__(
        self,
        topk: int = 600,
        instance_threshold: float = 0.0,
        panoptic_threshold: float = 0.5,
        min_points: int = 100,
        mask_threshold: float = 0.4,
        nms: str = 'linear',
        num_stuff: int = 2,
        instance_ious: bool = False,
        panoptic_ious: bool = True,
        objects: bool = True,
        object_threshold: float = 0.6,
        object_nms: str | None = None,
        texts_take_objects: bool = False,
        semantic_votes: bool = False,
    ) -> None:
        super().__init__()
        for kernel in (nms, *([] if object_nms is None else [object_nms])):
            check_kernel(kernel)
        self.topk, self.min_points, self.mask_threshold, self.nms = topk, min_points, mask_threshold, nms
        self.instance_threshold, self.instance_ious = instance_threshold, instance_ious
        self.panoptic_threshold, self.panoptic_ious = panoptic_threshold, panoptic_ious
        self.num_stuff = num_stuff
        self.objects, self.object_threshold, self.object_nms = objects, object_threshold, object_nms
        if texts_take_objects and not objects:
            raise ConfigError('texts_take_objects needs objects=True: without objects there are none to take')
        self.texts_take_objects = texts_take_objects
        self.semantic_votes = semantic_votes

    @torch.no_grad()
    def forward(
        self,
        output: MaskOutput,
        queries: QuerySet,
        superpoints: Superpoints,
        scene_id: str,
        said: torch.Tensor | None = None,
        objects: MaskSet | None = None,
    ) -> Prediction:
        """Prediction of one scene. Without scene queries only prompts are answered; without prompts their sets are empty.

        ``said`` [L, P, E]: names whose instances are found, too. ``objects``: those that were found when the scene queries
        were asked, for sentences that come later.
        """
        scene = queries.rows('scene')
        with torch.autocast(output.masks.device.type, enabled=False):  # overlaps in half precision would reorder scores
            answers: dict[str, Any] = {
                group: prompt_masks(output.select(queries.rows(group)), self.mask_threshold) for group in ('clicks', 'texts')
            }
            if scene.stop > scene.start:
                answers |= self._segment(output.select(scene), queries.superpoint[scene], superpoints.sizes)
                if said is not None:
                    answers['named'] = self._name(output.select(scene), said, superpoints.sizes)
            found = answers.get('objects', objects)
            if self.texts_take_objects and found is not None:
                answers['texts'] = take_objects(answers['texts'], output.masks[queries.rows('texts')], found, superpoints.sizes)
        return Prediction(scene_id, superpoints, **answers)

    def _segment(self, scene: MaskOutput, superpoint: torch.Tensor, sizes: torch.Tensor) -> dict[str, Any]:
        """The tasks that the scene queries [Q] answer, under their names in :class:`Prediction`."""
        ranked = {ious: self._rank(scene, ious) for ious in {self.instance_ious, self.panoptic_ious}}
        classes = superpoint_classes(scene, superpoint, len(sizes), self.semantic_votes)  # [M, C]
        things = self._keep(ranked[self.panoptic_ious], sizes, self.panoptic_threshold)
        return {
            'semantic': classes.argmax(1),
            'instances': self._keep(ranked[self.instance_ious], sizes, self.instance_threshold),
            'panoptic': self._merge(things, stuff_map(classes, self.num_stuff), sizes),
            'objects': self._find_objects(scene) if self.objects else None,
        }

    def _name(self, scene: MaskOutput, said: torch.Tensor, sizes: torch.Tensor) -> MaskSet:
        ranked = self._rank(rename(scene, said), self.instance_ious)
        return self._keep(ranked, sizes, self.instance_threshold)

    def _rank(self, scene: MaskOutput, use_ious: bool) -> Candidates:
        return rank_candidates(scene, self.topk, self.nms, use_ious)

    def _keep(self, candidates: Candidates, sizes: torch.Tensor, threshold: float) -> MaskSet:
        return keep_instances(candidates, sizes, threshold, self.mask_threshold, self.min_points)

    def _merge(self, things: MaskSet, stuff: torch.Tensor, sizes: torch.Tensor) -> PanopticMap:
        labels = things.labels + self.num_stuff
        return merge_panoptic(things.masks, things.scores, labels, sizes, stuff, self.num_stuff, self.min_points)

    def _find_objects(self, scene: MaskOutput) -> MaskSet:
        return find_objects(scene, self.object_threshold, self.mask_threshold, self.object_nms)
