"""What a network that turns photos into labelled gaussians is trained with: pictures, segments, and depth inside segments."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniseg3d.geometry.se3 import relative_pose
from uniseg3d.models.criteria.perceptual import PerceptualDistance
from uniseg3d.models.criteria.pointmap_truth import PointmapTruth
from uniseg3d.models.criteria.smoothness import segment_smoothness
from uniseg3d.models.criteria.view_panoptic import ViewPanopticCriterion
from uniseg3d.models.criteria.view_truth import ViewTruth, view_truths
from uniseg3d.models.decoders.panoptic import ViewAnswers
from uniseg3d.models.decoders.scene_answer import SceneAnswer
from uniseg3d.models.decoders.video_mask_decoder import VideoMasks
from uniseg3d.models.layers.build import as_module
from uniseg3d.ops.rasterize import STANDARD, SYMMETRIC, Cameras, Rendering, rasterize
from uniseg3d.registry import MODELS
from uniseg3d.structures.video_segments import VideoSegments
from uniseg3d.structures.view_batch import ViewBatch
from uniseg3d.text.class_lists import class_list
from uniseg3d.utils.errors import ConfigError, DataError

Rule = Callable[[Tensor, Tensor, tuple[int, int]], VideoSegments]


@MODELS.register_module()
class GaussianViewsCriterion(nn.Module):
    """Means over the scenes of a batch. The network sees some views of each; all are rendered and compared.

    Args:
        segments: criterion of masks and classes (``ViewPanopticCriterion``); ``None`` leaves them out, and the sentences.
        classes: name of the class list that the network's classes are those of.
        color: weight of the squared difference of colours in 0..1.
        perceptual: weight of LPIPS, on images of half the size; it counts only where its weights are given.
        perceptual_weights: file with the weights of LPIPS.
        masks: weight of all that ``segments`` says.
        smoothness: weight of the steps of rendered depth, in metres, inside the segments that the network finds itself.
        unassigned_is_segment: pixels of no segment are one segment together, as in the published training.
        points: weight of the distance of the gaussians' centres from what the depth images show, where these are known. The
            published training has no such term.
        texts: weight of the sentences' cross entropy over the queries.
        pixels: weight of the cross entropy of single cells' classes, where the mask decoder has ``pixel_classes``.
        symmetric_cameras: render as the published training does: principal points are ignored.
        draw_seen: also draw the views that the network sees. Where gaussians have the colours of their pixels these teach
            little, and most of the time goes into drawing; without them there is no term of smoothness.
    """

    def __init__(
        self,
        segments: nn.Module | dict[str, Any] | None = None,
        classes: str = 'scannet20',
        color: float = 1.0,
        perceptual: float = 0.5,
        perceptual_weights: str | Path | None = None,
        masks: float = 0.05,
        smoothness: float = 0.5,
        unassigned_is_segment: bool = False,
        points: float = 0.0,
        texts: float = 0.05,
        symmetric_cameras: bool = False,
        draw_seen: bool = True,
        pixels: float = 1.0,
    ) -> None:
        super().__init__()
        self.segments: Any = None if segments is None else as_module(segments)
        if self.segments is not None and not isinstance(self.segments, ViewPanopticCriterion):
            raise ConfigError(f'segments must be a ViewPanopticCriterion, got {type(self.segments).__name__}')
        self.vocabulary = class_list(classes).names
        self.perceive = None if perceptual_weights is None else PerceptualDistance(perceptual_weights)
        self.color, self.perceptual, self.masks, self.smoothness = color, perceptual, masks, smoothness
        self.points, self.texts, self.unassigned_is_segment = points, texts, unassigned_is_segment
        self.pixels = pixels
        self.rules = SYMMETRIC if symmetric_cameras else STANDARD
        if smoothness and not draw_seen:
            raise ConfigError('smoothness is that of the depth drawn in the views that are seen; set smoothness=0 or draw_seen')
        self.draw_seen = draw_seen

    def forward(self, answers: Sequence[SceneAnswer], batch: ViewBatch, views: Sequence[int], rule: Rule) -> dict[str, Tensor]:
        """``answers`` about the ``views`` of ``batch``; ``rule`` makes segments of masks. In float32 whatever surrounds it."""
        with torch.autocast(batch.images.device.type, enabled=False):
            drawn = self._drawn(batch.views, views)
            renderings = self.render(answers, batch, views[0], drawn)
            losses = self._pictures(renderings, batch.images[:, drawn])
            if self.smoothness:
                losses['loss_smoothness'] = self.smoothness * self._smoothness(answers, renderings, batch.size, views, rule)
            if self.points:
                losses['loss_points'] = self.points * _point_distance(answers, batch.select(views))
            if self.segments is not None:
                losses |= self._segments(answers, batch.select(views))
        return losses

    def _drawn(self, count: int, seen: Sequence[int]) -> list[int]:
        """Which of ``count`` views are drawn; where all are seen, all."""
        others = [view for view in range(count) if view not in seen]
        return list(range(count)) if self.draw_seen or not others else others

    def render(self, answers: Sequence[SceneAnswer], batch: ViewBatch, first: int, drawn: Sequence[int]) -> list[Rendering]:
        """The views ``drawn`` of every scene; the camera of the view ``first`` is the world of the gaussians."""
        if batch.camera_to_world is None or batch.intrinsics is None:
            raise DataError(f'{batch.scene_ids} lack poses or intrinsics; views cannot be rendered without')
        world = batch.camera_to_world.float()
        poses = relative_pose(world[:, first, None], world[:, list(drawn)])
        intrinsics = batch.intrinsics[:, list(drawn)].float()
        cameras = [Cameras(*pair, batch.size) for pair in zip(poses, intrinsics, strict=True)]
        scenes = [answer.gaussians for answer in answers]
        return [
            rasterize(g.means, g.covariances, g.opacities, camera, g.harmonics, rules=self.rules)
            for g, camera in zip(scenes, cameras, strict=True)
        ]

    def _pictures(self, renderings: Sequence[Rendering], images: Tensor) -> dict[str, Tensor]:
        """``images`` [B, V, 3, H, W] in -1..1."""
        drawn = torch.stack([_color(rendering) for rendering in renderings]).clamp(0, 1)  # [B, V, 3, H, W]
        shown = (images.float() + 1) / 2
        error = (drawn - shown).square().mean()
        losses = {'loss_color': self.color * error, 'psnr': -10 * error.detach().clamp(min=1e-10).log10()}
        if self.perceive is not None and self.perceptual:
            half = [_halved(images.flatten(0, 1)) for images in (drawn, shown)]
            losses['loss_perceptual'] = self.perceptual * self.perceive(*half).mean()
        return losses

    def _smoothness(
        self,
        answers: Sequence[SceneAnswer],
        renderings: Sequence[Rendering],
        size: tuple[int, int],
        views: Sequence[int],
        rule: Rule,
    ) -> Tensor:
        terms = []
        for answer, rendering in zip(answers, renderings, strict=True):
            maps = rule(answer.masks.masks(), answer.masks.classes(), size).maps
            if not self.unassigned_is_segment:
                maps = torch.where(maps == 0, -1, maps)
            terms.append(segment_smoothness(rendering.depth[list(views)], maps))
        return torch.stack(terms).mean()

    def _segments(self, answers: Sequence[SceneAnswer], batch: ViewBatch) -> dict[str, Tensor]:
        truths = view_truths(batch, self.vocabulary)
        said = [[view_answers(answer.masks, head) for head in range(len(answer.masks.outputs))] for answer in answers]
        losses = {name: self.masks * value for name, value in self.segments(said, truths).items()}
        if answers[0].masks.pixels is not None:
            losses['loss_pixels'] = self.pixels * pixel_entropy([answer.masks for answer in answers], truths)
        if self.texts and batch.text_objects is not None:
            terms = [self._texts(*scene) for scene in zip(answers, said, truths, batch.text_objects, strict=True)]
            losses['loss_texts'] = self.texts * torch.stack(terms).mean()
        return losses

    def _texts(self, answer: SceneAnswer, said: Sequence[ViewAnswers], truth: ViewTruth, objects: Tensor) -> Tensor:
        """How badly sentences find the queries that answer for their ``objects`` [T]; those that no view shows are left out."""
        if answer.texts is None:
            raise ConfigError('the batch has sentences, but the model has no text_encoder; give it one, or set texts=0')
        pairs = self.segments.match(said[-1], truth)
        text, pair = (objects[:, None] == truth.numbers[pairs.segment]).nonzero(as_tuple=True)
        total = F.cross_entropy(answer.texts[text].float(), pairs.query[pair], reduction='sum')
        return total / max(len(text), 1) + 0 * answer.texts.sum()  # a graph also where nothing is said


def _color(rendering: Rendering) -> Tensor:
    assert rendering.color is not None  # harmonics were given
    return rendering.color


def _halved(images: Tensor) -> Tensor:
    return F.interpolate(images, scale_factor=0.5, mode='bilinear', align_corners=True)


def view_answers(masks: VideoMasks, head: int) -> ViewAnswers:
    return ViewAnswers(masks.classes(head), list(masks.masks(head).unbind(1)))


def pixel_entropy(scenes: Sequence[VideoMasks], truths: Sequence[ViewTruth]) -> Tensor:
    """Cross entropy of the classes of cells, enlarged to pixels: mean over scenes, in float32.

    Classes weigh by the root of how rare they are in their scene: else walls are all that is learned for long.
    """
    terms = []
    for scene, truth in zip(scenes, truths, strict=True):
        logits = F.interpolate(_pixels(scene), truth.maps.shape[-2:], mode='bilinear', align_corners=False)
        label = truth.classes()
        count = label[label >= 0].bincount(minlength=logits.shape[1])
        weight = count.clamp(min=1).rsqrt()
        missed = F.cross_entropy(logits, label, weight, ignore_index=-1, reduction='sum')
        terms.append(missed / (weight * count).sum().clamp(min=1))
    return torch.stack(terms).mean()


def _pixels(scene: VideoMasks) -> Tensor:
    if scene.pixels is None:
        raise ConfigError('the mask decoder says no classes of cells; give it pixel_classes=True, or leave the term out')
    return scene.pixels.float()


def _point_distance(answers: Sequence[SceneAnswer], batch: ViewBatch) -> Tensor:
    """Mean distance in metres of known points; 0 for a scene without any."""
    truth = PointmapTruth.of(batch)
    terms = []
    for answer, world, valid in zip(answers, truth.world, truth.valid, strict=True):
        points, known = answer.gaussians.means.view_as(world), valid[..., None]
        distance = (torch.where(known, points, 0.0) - torch.where(known, world, 0.0)).norm(dim=-1)
        terms.append(distance.sum() / valid.sum().clamp(min=1))
    return torch.stack(terms).mean()
