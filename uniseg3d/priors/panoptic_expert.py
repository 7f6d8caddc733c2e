"""A panoptic network and a captioner of the package transformers, as sentences; their weights are local folders."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from uniseg3d.models.layers.build import as_module
from uniseg3d.priors.pixel_experts import IndexedMap, Photo
from uniseg3d.priors.text_bridge import describe_pixels, sentence_builder
from uniseg3d.registry import EXPERTS
from uniseg3d.text.templates import spoken
from uniseg3d.text.text_space import TextSpace
from uniseg3d.utils.mmengine_compat import import_beside_torchvision

LEAST = 100  # pixels of a segment that is captioned


class Captioner(Protocol):
    """Pictures to sentences."""

    def caption(self, crops: Sequence[np.ndarray]) -> list[str]:
        """One for each picture [h, w, 3] uint8."""
        ...


@EXPERTS.register_module()
class BlipCaptions:
    """BLIP, or another image-to-text model of transformers; ``model`` is the folder of its files."""

    def __init__(self, model: str, device: str = 'cpu', longest: int = 20) -> None:
        transformers = import_beside_torchvision('transformers', 'priors')
        self.processor = transformers.AutoProcessor.from_pretrained(model, local_files_only=True)
        network = transformers.AutoModelForImageTextToText.from_pretrained(model, local_files_only=True)
        self.network, self.device, self.longest = network.to(device).eval(), device, longest

    @torch.no_grad()
    def caption(self, crops: Sequence[np.ndarray]) -> list[str]:
        """One sentence for each crop, all at once."""
        if not crops:
            return []
        inputs = self.processor(images=[Image.fromarray(crop) for crop in crops], return_tensors='pt').to(self.device)
        written = self.network.generate(**inputs, max_new_tokens=self.longest)
        return [text.strip() for text in self.processor.batch_decode(written, skip_special_tokens=True)]


@EXPERTS.register_module()
class PanopticExpert:
    """Mask2Former, or another universal segmenter of transformers that is given pictures alone.

    Args:
        texts: options of :class:`TextSpace` with its encoder.
        model: folder of its files.
        captioner: config of a captioner; None = sentences are class names alone.
        sentence: 'adjective' or 'noun-swap', or either with '-tagged' behind it (see ``sentence_builder``).
    """

    def __init__(
        self,
        texts: Mapping[str, Any],
        model: str,
        captioner: Mapping[str, Any] | None = None,
        sentence: str = 'adjective',
        device: str = 'cpu',
    ) -> None:
        transformers = import_beside_torchvision('transformers', 'priors')
        self.processor = transformers.AutoImageProcessor.from_pretrained(model, local_files_only=True)
        network = transformers.AutoModelForUniversalSegmentation.from_pretrained(model, local_files_only=True)
        self.network, self.device = network.to(device).eval(), device
        names: Mapping[int, str] = network.config.id2label
        self.names = [spoken(names[number])[0] for number in sorted(names)]
        self.captioner: Captioner | None = None if captioner is None else EXPERTS.build(dict(captioner))
        options = dict(texts)
        self.texts = TextSpace(as_module(options.pop('encoder')), **options)  # type: ignore[arg-type]
        self.build = sentence_builder(sentence)

    @torch.no_grad()
    def describe(self, photos: Sequence[Photo]) -> list[IndexedMap | None]:
        """Sentences of the pixels of each photo; None where nothing was found."""
        images = [Image.fromarray(photo.image.numpy()) for photo in photos]
        answers = self.network(**self.processor(images=images, return_tensors='pt').to(self.device))
        sizes = [photo.size for photo in photos]
        found = self.processor.post_process_panoptic_segmentation(answers, target_sizes=sizes)
        return [self._sentences(photo, one) for photo, one in zip(photos, found, strict=True)]

    def _sentences(self, photo: Photo, found: Mapping[str, Any]) -> IndexedMap | None:
        segments = list(found['segments_info'])
        if not segments:
            return None
        regions, classes = region_maps(found['segmentation'].cpu(), segments)
        captions = ['', *self._captions(photo, regions, len(segments))]
        said, ids = describe_pixels(classes.clamp(min=0), regions, captions, self.names, self.build)
        return IndexedMap(torch.where(classes >= 0, ids, -1), self.texts.sentences(said))

    def _captions(self, photo: Photo, regions: Tensor, count: int) -> list[str]:
        if self.captioner is None:
            return [''] * count
        boxes = {i: _box(regions == i) for i in range(1, count + 1) if int((regions == i).sum()) >= LEAST}
        crops = [photo.image[top:bottom, left:right].numpy() for top, left, bottom, right in boxes.values()]
        said = dict(zip(boxes, self.captioner.caption(crops), strict=True))
        return [said.get(i, '') for i in range(1, count + 1)]


def region_maps(segmentation: Tensor, segments: Sequence[Mapping[str, Any]]) -> tuple[Tensor, Tensor]:
    """Regions [H, W], 0 = none, in the order of ``segments``, and the class of each pixel, -1 = none."""
    regions = torch.zeros_like(segmentation, dtype=torch.int64)
    classes = torch.full_like(regions, -1)
    for number, segment in enumerate(segments, start=1):
        own = segmentation == segment['id']
        regions[own], classes[own] = number, int(segment['label_id'])
    return regions, classes


def _box(mask: Tensor) -> tuple[int, int, int, int]:
    rows, columns = mask.any(1).nonzero()[:, 0], mask.any(0).nonzero()[:, 0]
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1
