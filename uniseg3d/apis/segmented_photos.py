"""Photos of any sizes to points, cameras and things that are the same in all of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch

from uniseg3d.apis.class_embeddings import class_names
from uniseg3d.apis.network_images import PRECISIONS, Image, network_image
from uniseg3d.apis.stream import StreamedFrame
from uniseg3d.models import PanSt3R
from uniseg3d.models.postprocess.view_merging import view_merge
from uniseg3d.models.systems.panst3r_keyframes import KeyframeChoice
from uniseg3d.structures.panoptic_views import PanopticViews
from uniseg3d.text.class_lists import class_list_names
from uniseg3d.utils.errors import ConfigError


class SegmentedPhotos(NamedTuple):
    """What V photos show, on the CPU."""

    frames: list[StreamedFrame]
    panoptic: PanopticViews
    classes: tuple[str, ...]  # what its labels count


def asked_classes(text: str) -> list[str]:
    """Names in a list with commas; the name of a class list or of a text file with a name a line stands for all of it.

    Lists are joined: a name of several counts once, in the place of the first.
    """
    parts = [part.strip() for part in text.split(',') if part.strip()]
    known = set(class_list_names())
    names = [name for part in parts for name in (class_names(part) if part in known or Path(part).is_file() else [part])]
    if not names:
        raise ConfigError(f'{text!r} names no class; give names, or class lists such as scannetpp100, coco133, ade20k150')
    return list(dict.fromkeys(names))


@torch.inference_mode()
def segment_photos(
    model: PanSt3R,
    images: Sequence[Image],
    classes: Sequence[str] | None = None,
    keyframes: int | Sequence[int] | KeyframeChoice | None = None,
    merge: str | None = None,
    precision: str = 'float32',
    batch_size: int = 8,
) -> SegmentedPhotos:
    """Points and cameras of ``images``, and segments that they share; the world is the camera of the first keyframe.

    classes: what is asked for, every name once; ``None``: as the model is set.
    keyframes: how many are remembered, evenly spread, or which, or what chooses them; ``None``: as the model is set.
    merge: standard_v2, standard_v1 or qubo; ``None``: as the model is set.
    precision: what the encoders and the decoder compute in; segments are always made in float32.
    """
    if precision not in PRECISIONS or batch_size < 1:
        known = ', '.join(PRECISIONS)
        raise ConfigError(f'precision {precision!r} must be one of {known}, and batch_size {batch_size} at least 1')
    names = tuple(model.classes if classes is None else classes)
    join = model.merge if merge is None else view_merge(merge)
    model.eval()
    dtype, device = PRECISIONS[precision], next(model.parameters()).device
    texts = model.class_text(names, device)
    tensors = [network_image(image, f'image {i}')[None].to(device) for i, image in enumerate(images)]
    with torch.autocast(device.type, dtype, enabled=dtype is not None):
        answer = model.understand(tensors, texts, keyframes, batch_size, keep_on='cpu')
    frames = []
    for number, points in enumerate(answer.points):
        parts = points.world, points.confidence, points.local, points.camera_to_world()
        world, confidence, local, pose = (part[0].float() for part in parts)
        frames.append(StreamedFrame(number, world, confidence, local, confidence, pose, answer.remembered))
    return SegmentedPhotos(frames, join(answer.masks.to('cpu')), names)
