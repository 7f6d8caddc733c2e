"""Views of any sizes through an encoder and a decoder with memory: what is remembered of them, and rendered from that."""

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from typing import Any, NamedTuple

import torch
from torch import Tensor

from uniseg3d.models.decoders.memory import MemoryDecoder
from uniseg3d.models.decoders.view_memory import ViewMemory
from uniseg3d.utils.errors import DataError


class EncodedView(NamedTuple):
    """One image of each of B scenes, as the decoder takes it."""

    features: Tensor  # [B, T, dim]
    positions: Tensor  # [T, 2] or [B, T, 2]
    size: tuple[int, int]  # H, W


def encode_views(encoder: Any, images: Sequence[Tensor], most: int = 8, exact: bool = False) -> list[EncodedView]:
    """``images`` [B, 3, H, W] of any sizes, at most ``most`` of one size at a time; ``exact`` keeps autocast away.

    They may wait on another device than the encoder's.
    """
    views: dict[int, EncodedView] = {}
    device = next(encoder.parameters()).device
    for group in _alike([tuple(image.shape) for image in images], most):
        stacked = torch.cat([images[view] for view in group]).to(device)
        with torch.autocast(stacked.device.type, enabled=False) if exact else nullcontext():
            features, positions = encoder(stacked.float() if exact else stacked)
        size = (stacked.shape[2], stacked.shape[3])
        for view, part in zip(group, features.split(len(stacked) // len(group)), strict=True):
            views[view] = EncodedView(part, positions, size)
    return [views[view] for view in range(len(images))]


def memory_steps(count: int, first: int = 2) -> list[list[int]]:
    """How ``count`` views are shown: some at first, then one by one."""
    if count < 1 or first < 1:
        raise DataError(f'{count} views, {first} of them at first; expected at least one')
    return [list(range(min(first, count))), *([view] for view in range(first, count))]


def remember(
    decoder: MemoryDecoder,
    views: Sequence[EncodedView],
    steps: Sequence[Sequence[int]] | None = None,
    refinements: int = 0,
    smallest_first: bool = False,
) -> tuple[list[Tensor], ViewMemory]:
    """Show ``views`` step by step, and ``refinements`` times again, now that the others are known.

    ``smallest_first`` shows those of a step by ascending height and width, as the original does; then the first view need
    not be the world. Returns the last tokens [B, T, dim] of every view when it was shown, and the memory.
    """
    steps = memory_steps(len(views)) if steps is None else steps
    if smallest_first:
        steps = [sorted(step, key=lambda view: views[view].size) for step in steps]
    labels = {view: label for label, view in enumerate(view for step in steps for view in step)}
    memory, last = None, {}
    for again in range(refinements + 1):
        for step in steps:
            shown = [views[view] for view in step]
            known = [labels[view] for view in step] if again else None
            layers, memory = decoder([v.features for v in shown], [v.positions for v in shown], memory, known)
            last.update({view: own[-1] for view, own in zip(step, layers, strict=True)})
    assert memory is not None
    return [last[view] for view in range(len(views))], memory


def render(decoder: MemoryDecoder, views: Sequence[EncodedView], memory: ViewMemory, most: int = 8) -> Iterator[Tensor]:
    """The last tokens [B, T, dim] of every view as the whole memory tells them; at most ``most`` views at a time."""
    memory = decoder.quickest(memory)
    for start in range(0, len(views), most):
        part = views[start : start + most]
        layers = decoder.render([view.features for view in part], [view.positions for view in part], memory)
        yield from (own[-1] for own in layers)


def spread_out(count: int, most: int) -> list[int]:
    """At most ``most`` of ``count`` views, the first and the last among them, the others evenly between."""
    if most >= count:
        return list(range(count))
    if most < 2:
        raise DataError(f'{most} of {count} views cannot be spread out; choose at least two')
    return [view * (count - 1) // (most - 1) for view in range(most)]


def _alike(shapes: Sequence[Any], most: int) -> Iterator[list[int]]:
    """Places of equal ``shapes``, at most ``most`` at a time."""
    groups: dict[Any, list[int]] = {}
    for place, shape in enumerate(shapes):
        groups.setdefault(shape, []).append(place)
    for group in groups.values():
        yield from (group[start : start + most] for start in range(0, len(group), most))
