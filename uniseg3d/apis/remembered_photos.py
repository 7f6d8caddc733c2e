"""Photos of any sizes to points and cameras in one world, with a network that remembers some of them and renders all."""

from collections.abc import Iterator, Sequence

import torch

from uniseg3d.apis.network_images import PRECISIONS, Image, network_image
from uniseg3d.apis.stream import StreamedFrame
from uniseg3d.models import MUSt3R
from uniseg3d.models.heads.two_frames import TwoFrameAnswer
from uniseg3d.utils.errors import ConfigError


@torch.inference_mode()
def remembered_photos(
    model: MUSt3R,
    images: Sequence[Image],
    keyframes: int | None = None,
    refinements: int = 0,
    precision: str = 'float32',
    batch_size: int = 8,
) -> Iterator[StreamedFrame]:
    """What each of ``images`` shows, on the CPU, as soon as it is known; the world is the camera of the first.

    keyframes: how many are remembered, evenly spread; ``None``: as the model is set, and never more than there are.
    refinements: how often those are shown again, now that the others are known.
    precision: what most of the model computes in; points are always made in float32.
    """
    if precision not in PRECISIONS or batch_size < 1:
        known = ', '.join(PRECISIONS)
        raise ConfigError(f'precision {precision!r} must be one of {known}, and batch_size {batch_size} at least 1')
    model.eval()
    dtype, device = PRECISIONS[precision], next(model.parameters()).device
    tensors = [network_image(image, f'image {i}')[None] for i, image in enumerate(images)]
    kept = min(keyframes or model.keyframes, len(images))
    answers = model.each_view(tensors, keyframes, refinements, batch_size)

    def next_answer() -> TwoFrameAnswer | None:
        with torch.autocast(device.type, dtype, enabled=dtype is not None):  # for us alone, not for who asks
            return next(answers, None)

    for number, answer in enumerate(iter(next_answer, None)):
        parts = answer.world, answer.confidence, answer.local, answer.camera_to_world()
        world, confidence, local, pose = (part[0].float().cpu() for part in parts)
        yield StreamedFrame(number, world, confidence, local, confidence, pose, kept)
