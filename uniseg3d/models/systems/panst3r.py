"""PanSt3R: any number of photos to points, and to segments that are the same in all of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import torch
from mmengine.logging import print_log
from mmengine.model import BaseModel
from torch import Tensor, nn

from uniseg3d.geometry.pose_encoding import encode_pose
from uniseg3d.models.criteria.pixel_classes import pixel_class_loss, stuff_joined
from uniseg3d.models.criteria.view_truth import view_truths, vocabulary_of
from uniseg3d.models.decoders.memory_driver import EncodedView, encode_views, remember, render, spread_out
from uniseg3d.models.heads.placed import Sight
from uniseg3d.models.heads.two_frames import TwoFrameAnswer
from uniseg3d.models.layers.build import as_module
from uniseg3d.models.layers.patch_places import patch_grid
from uniseg3d.models.layers.preprocessor import ScenePreprocessor
from uniseg3d.models.layers.upscaled import Upscaled
from uniseg3d.models.postprocess.view_masks import ViewMasks
from uniseg3d.models.postprocess.view_merging import view_merge
from uniseg3d.models.systems.panst3r_checkpoint import adapt_published, load_must3r
from uniseg3d.registry import MODELS
from uniseg3d.structures.panoptic_views import PanopticViews
from uniseg3d.structures.pointmaps import Pointmaps
from uniseg3d.structures.view_batch import ViewBatch
from uniseg3d.text.class_lists import class_list
from uniseg3d.utils.errors import ConfigError, DataError

Part = nn.Module | dict[str, Any]


class SceneAnswer(NamedTuple):
    """What is said of the V views of a scene."""

    points: list[TwoFrameAnswer]  # V, each of one image
    masks: ViewMasks
    queries: Tensor  # [Q, dim]: ask them about other classes
    remembered: int  # keyframes


@MODELS.register_module()
class PanSt3R(BaseModel):
    """images -> encoder -> decoder, which remembers the keyframes -> decoder again, which renders all from memory -> points;
    what encoders and decoder say, beside one another -> panoptic decoder -> masks of all views and classes -> merged.

    Args:
        encoder: images [B, 3, H, W] to tokens and positions.
        decoder: tokens of several images to the layers of each, and a memory.
        head: layers and image size to points in two frames, or a ``PlacedHead``.
        panoptic: joint features to what queries look at, and queries to masks and classes.
        class_text: class names to directions.
        image_encoder: images to further tokens, one per patch, beside those of ``encoder`` (and positions, which are not
            looked at); ``None``: none.
        patch_places: world points to what is told of where patches are, beside the rest; ``None``: nothing.
        criterion: answers of all scenes and their truths to the loss terms; a model that only predicts needs none.
        pixel_head: what masks are cut out of and texts to classes of single pixels, for training alone: they teach what things
            are long before queries do. ``None``: none.
        pixel_weight: of the cross entropy of these classes.
        stuff: names of classes of which training takes all pixels of a scene as one segment, as measures do.
        classes: names, or the name of a class list, that is asked for where a batch brings none.
        merge: how masks become one map: standard_v2, standard_v1 or qubo.
        keyframes: views of a scene that are remembered, evenly spread; all are rendered, and get masks.
        learn_geometry: encoder, decoder and head learn, too; otherwise they stay as they are.
        must3r_weights: MUSt3R's file, or the work dir of one that was trained here, which fills these three when training
            starts, before ``load_from``.
        copy_encoder: ``image_encoder``, of the same kind, starts as a copy of the ``encoder`` that these bring, and learns.
    """

    def __init__(
        self,
        encoder: Part,
        decoder: Part,
        head: Part,
        panoptic: Part,
        class_text: Part,
        image_encoder: Part | None = None,
        patch_places: Part | None = None,
        criterion: Part | None = None,
        pixel_head: Part | None = None,
        pixel_weight: float = 4.0,
        stuff: Sequence[str] = (),
        classes: str | Sequence[str] = 'scannetpp100',
        merge: str = 'standard_v2',
        keyframes: int = 50,
        learn_geometry: bool = False,
        must3r_weights: str | Path | None = None,
        copy_encoder: bool = False,
    ) -> None:
        super().__init__(data_preprocessor=ScenePreprocessor())
        self.learn_geometry, self.copy_encoder = learn_geometry, copy_encoder
        self.encoder: Any = as_module(encoder).requires_grad_(learn_geometry)
        self.decoder: Any = as_module(decoder).requires_grad_(learn_geometry)
        self.head: Any = as_module(head).requires_grad_(learn_geometry)
        self.image_encoder: Any = None if image_encoder is None else as_module(image_encoder)
        self.patch_places: Any = None if patch_places is None else as_module(patch_places)
        self.panoptic: Any = as_module(panoptic)
        self.class_text: Any = as_module(class_text)
        self.criterion: Any = None if criterion is None else as_module(criterion)
        self.pixel_head: Any = None if pixel_head is None else as_module(pixel_head)
        self.pixel_weight, self.stuff = pixel_weight, frozenset(stuff)
        self.classes = class_list(classes).names if isinstance(classes, str) else tuple(classes)
        self.merge, self.keyframes, self.must3r_weights = view_merge(merge), keyframes, must3r_weights

    def forward(self, batch: ViewBatch, mode: str = 'tensor') -> Any:
        """mmengine's entrance: ``mode`` is 'tensor' or 'predict' (points and segments) or 'loss' (dict of terms)."""
        verbs = {'tensor': self.predict, 'loss': self.loss, 'predict': self.predict}
        if mode not in verbs:
            raise ConfigError(f'mode {mode!r} is unknown; expected one of {", ".join(verbs)}')
        return verbs[mode](batch)

    @property
    def token_bytes(self) -> int:
        """What a token of a keyframe takes in the memory that is rendered from, in float32."""
        return 2 * self.decoder.dim * len(self.decoder.blocks) * 4

    def extract_feat(self, images: Sequence[Tensor], most: int = 8) -> list[EncodedView]:
        """Images [B, 3, H, W] in -1..1, of any sizes, as the decoder takes them; ``most`` of one size at a time."""
        return encode_views(self.encoder, images, most, exact=True)

    def understand(
        self,
        images: Sequence[Tensor],
        texts: Tensor,
        keyframes: int | Sequence[int] | Callable[..., list[int]] | None = None,
        most: int = 8,
        smallest_first: bool = False,
        keep_on: torch.device | str | None = None,
    ) -> SceneAnswer:
        """What ``images`` [1, 3, H, W] show, which may differ in size; the world is the camera of the first keyframe.

        texts: [C, E], directions of the classes.
        keyframes: how many are remembered, or which, in this order, or a ``KeyframeChoice``; ``None``: as the model is set.
        most: images that are computed at a time.
        smallest_first: as in ``remember``.
        keep_on: where answers wait; ``None``: where they are made. Hundreds of views fill a GPU.
        """
        views = self.extract_feat(_at_least_one(images), most)
        wanted = self.keyframes if keyframes is None else keyframes
        keys = chosen_keyframes(len(views), wanted(self, views) if callable(wanted) else wanted)
        _, memory = remember(self.decoder, [views[key] for key in keys], smallest_first=smallest_first)

        def look(which: Sequence[int]) -> Iterator[tuple[int, Upscaled]]:
            tokens = render(self.decoder, [views[view] for view in which], memory, most)
            for view, last in zip(which, tokens, strict=True):
                answer, sight = self.head.beside([views[view].features, last], views[view].size, sights)
                sights.extend([sight] if sight is not None and view in keys else [])
                points[view] = _moved(answer, keep_on)
                yield view, self._upscaled(images[view], views[view], last, answer.world)

        points, masks, sights = dict[int, TwoFrameAnswer](), dict[int, Tensor](), list[Sight]()
        seen = dict(look(keys))
        with torch.autocast(texts.device.type, enabled=False):
            queries = self.panoptic.ask(list(seen.values()))[-1]
        unseen = look([view for view in range(len(views)) if view not in keys])
        for view, pixels in chain(seen.items(), unseen):
            masks[view] = self.panoptic.masks(queries, pixels).to(keep_on)
        order, sizes = range(len(views)), [view.size for view in views]
        classes = self.panoptic.class_head(queries, texts)
        return SceneAnswer([points[i] for i in order], ViewMasks([masks[i] for i in order], sizes, classes), queries, len(keys))

    def _upscaled(self, image: Tensor, view: EncodedView, tokens: Tensor, points: Tensor) -> Upscaled:
        """One image [1, 3, H, W], in float32, whatever surrounds it."""
        features = self.joint_features(image, view.features, tokens, points)
        with torch.autocast(image.device.type, enabled=False):
            (upscaled,) = self.panoptic.upscale(features.float(), image.float(), _grid(view))
        return upscaled

    def joint_features(self, images: Tensor, features: Tensor, tokens: Tensor, points: Tensor) -> Tensor:
        """What all encoders and the decoder say of every patch of ``images`` [V, 3, H, W], beside one another [V, T, C].

        ``points`` [V, H, W, 3] in the world.
        """
        parts = [features, tokens]
        if self.image_encoder is not None:
            seen = self.image_encoder(images)
            parts.append(seen[0] if isinstance(seen, tuple) else seen)
        if self.patch_places is not None:
            parts.append(self.patch_places(points, patch_grid(points.shape[1:3], tokens.shape[1])))
        return torch.cat([part.to(tokens.dtype) for part in parts], -1)

    def loss(self, batch: ViewBatch) -> dict[str, Tensor]:
        """The terms of the criterion over all sequences; classes are those of any of their data sets."""
        if self.criterion is None:
            raise ConfigError('this model has no criterion; give one in its config to train it')
        names = vocabulary_of(batch.classes or [])
        truths = view_truths(stuff_joined(batch, self.stuff), names)
        scenes, texts = self._seen(batch), self.class_text(names, batch.images.device)
        losses = self.criterion([self.panoptic(scene, texts) for scene in scenes], truths)
        if self.pixel_head is not None:
            logits = [self._pixel_classes(scene, texts) for scene in scenes]
            losses['loss_pixels'] = self.pixel_weight * pixel_class_loss(logits, truths)
        return losses

    def _pixel_classes(self, views: Sequence[Upscaled], texts: Tensor) -> Tensor:
        """Logits [V, C, h, w]."""
        pixels = torch.stack([view.pixels for view in views]).movedim(1, -1)
        return self.pixel_head(pixels, texts).movedim(-1, 1)

    def _seen(self, batch: ViewBatch) -> list[list[Upscaled]]:
        """The views of every sequence, all of them remembered, as queries see them."""
        with torch.set_grad_enabled(self.learn_geometry and torch.is_grad_enabled()):
            views = self.extract_feat(batch.images.unbind(1), batch.views)
            _, memory = remember(self.decoder, views)
            rendered = list(render(self.decoder, views, memory, batch.views))
            points = torch.stack(self._world(views, rendered), 1)  # [B, V, H, W, 3]
        features, tokens = torch.stack([view.features for view in views], 1), torch.stack(rendered, 1)  # [B, V, T, C]
        images, *said = (part.flatten(0, 1) for part in (batch.images, features, tokens, points))
        upscaled = self.panoptic.upscale(self.joint_features(images, *said), images, _grid(views[0]))
        starts = range(0, len(upscaled), batch.views)
        return [upscaled[start : start + batch.views] for start in starts]

    def _world(self, views: Sequence[EncodedView], rendered: Sequence[Tensor]) -> list[Tensor]:
        """World points of the views, each placed beside those before it where the head does so."""
        points, sights = [], list[Sight]()
        for view, tokens in zip(views, rendered, strict=True):
            answer, sight = self.head.beside([view.features, tokens], view.size, sights)
            sights.extend([] if sight is None else [sight])
            points.append(answer.world)
        return points

    def predict(self, batch: ViewBatch) -> Pointmaps:
        """What the images and the names of classes alone tell, sequence by sequence; labels are places in those names."""
        named: Sequence[Sequence[str]] = batch.classes or [self.classes] * len(batch)
        answers = [
            self.understand(images.split(1), self.class_text(names, images.device))
            for images, names in zip(batch.images, named, strict=True)
        ]
        return _joined(answers, [self.merge(answer.masks) for answer in answers])

    def train(self, mode: bool = True) -> 'PanSt3R':
        """Parts that do not learn stay as in a test: nothing of their memory is dropped."""
        super().train(mode)
        if not self.learn_geometry:
            for part in (self.encoder, self.decoder, self.head):
                part.eval()
        return self

    def init_weights(self) -> None:
        """What the runner calls before training: fill what MUSt3R has from its file."""
        super().init_weights()
        if self.must3r_weights is not None:
            load_must3r(self, self.must3r_weights)
            if self.copy_encoder:
                self.image_encoder.load_state_dict(self.encoder.state_dict())
            print_log(f'PanSt3R starts from {self.must3r_weights}; what makes segments is new', 'current')

    def adapt_weights(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Released weights under the names of this model; its own pass as they are. Those of the other release are refused."""
        return adapt_published(weights, self.panoptic)


def chosen_keyframes(count: int, keyframes: int | Sequence[int]) -> list[int]:
    """Which of ``count`` views are remembered, all different; as many evenly spread ones as there are, or those named."""
    if isinstance(keyframes, int):
        if keyframes < 1:
            raise ConfigError(f'keyframes is {keyframes}; at least one view must be remembered')
        return [0] if keyframes == 1 else spread_out(count, keyframes)
    named = list(keyframes)
    if not named or len(set(named)) < len(named) or not set(named) <= set(range(count)):
        raise ConfigError(f'keyframes are {named}; expected different numbers from 0 to {count - 1}, at least one')
    return named


def _at_least_one(images: Sequence[Tensor]) -> Sequence[Tensor]:
    if not images:
        raise DataError('no images; expected at least one')
    return images


def _grid(view: EncodedView) -> tuple[int, int]:
    """Rows and columns of the patches of a view."""
    return patch_grid(view.size, view.features.shape[1])


def _moved(answer: TwoFrameAnswer, device: torch.device | str | None) -> TwoFrameAnswer:
    return answer if device is None else TwoFrameAnswer(*(part.to(device) for part in answer))


def _joined(answers: Sequence[SceneAnswer], panoptic: list[PanopticViews]) -> Pointmaps:
    """Views of one size."""
    scenes = [TwoFrameAnswer(*(torch.cat(parts) for parts in zip(*answer.points, strict=True))) for answer in answers]
    world, local, confidence = (torch.stack(parts) for parts in zip(*scenes, strict=True))  # [B, V, H, W, ...]
    poses = torch.stack([encode_pose(scene.camera_to_world()) for scene in scenes])
    return Pointmaps(world, confidence, local, confidence, poses, panoptic)
