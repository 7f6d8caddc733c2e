"""Blending of gaussians front to back, and its derivative; both walk over windows of bounded size.

Between the walks nothing but the arguments is kept, so memory does not grow with the number of covered pixels.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.nn.functional import embedding_bag

from uniseg3d.ops.rasterize.footprints import Footprints
from uniseg3d.ops.rasterize.pairs import Blend, Pairs, Splats, Window, blend_order, pairs_in, sums_of_runs, windows
from uniseg3d.ops.rasterize.rules import Rules

BUDGET = 2**22  # pairs of a gaussian and a pixel in one go: about half a gigabyte
BLOCK = 16  # channels in one go where gradients meet


def blend(footprints: Footprints, channels: Tensor, rules: Rules, budget: int = BUDGET) -> Tensor:
    """Mixture [H, W, C] of ``channels`` [K, C] of the footprints, K in their order; black where nothing is."""
    parts = footprints.pixel, footprints.conic, footprints.opacity, channels
    return _Blend.apply(*parts, footprints.box, footprints.size, rules, budget)


class _Blend(Function):
    @staticmethod
    def forward(ctx: Any, *inputs: Any) -> Tensor:
        pixel, conic, opacity, channels, box, size, rules, budget = inputs
        ctx.save_for_backward(pixel, conic, opacity, channels, box)
        ctx.settings = size, rules, budget
        splats = Splats(pixel, conic, opacity, box)
        image = channels.new_zeros(*size, channels.shape[1])
        for window in windows(box, size, budget):
            top, bottom, left, right = window
            pairs, walk = _walk(splats, window, rules)
            starts = walk.count.cumsum(0) - walk.count
            who = pairs.rows.splat.index_select(0, pairs.piece.index_select(0, walk.order))
            mixed = embedding_bag(who, channels, starts, mode='sum', per_sample_weights=walk.weight)
            image[top:bottom, left:right] = mixed.view(bottom - top, right - left, -1)
        return image

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        pixel, conic, opacity, channels, box = ctx.saved_tensors
        size, rules, budget = ctx.settings
        splats = Splats(pixel, conic, opacity, box)
        shape = torch.cat([pixel, conic, opacity[:, None]], 1)
        to_shape, to_channels = torch.zeros_like(shape), torch.zeros_like(channels)
        for window in windows(box, size, budget):
            top, bottom, left, right = window
            pairs, walk = _walk(splats, window, rules)
            image = grads[0][top:bottom, left:right].reshape(-1, channels.shape[1])
            weight = torch.empty_like(walk.alpha)
            weight[walk.order] = walk.weight
            to_channels += _to_channels(pairs, weight, image, len(pixel))
            to_power = _to_power(pairs, walk, _agreement(pairs, walk, image, channels), rules)
            to_shape += _to_shape(pairs, to_power, splats)
        return to_shape[:, :2], to_shape[:, 2:5], to_shape[:, 5], to_channels, None, None, None, None


def _walk(splats: Splats, window: Window, rules: Rules) -> tuple[Pairs, Blend]:
    pairs = pairs_in(splats, window)
    top, bottom, left, right = window
    return pairs, blend_order(pairs, (bottom - top) * (right - left), rules.largest_alpha)


def _to_channels(pairs: Pairs, weight: Tensor, image: Tensor, count: int) -> Tensor:
    """Gradient [K, C] of the channels: what the pixels [n, C] ask for, in the shares of each gaussian."""
    length = torch.bincount(pairs.rows.splat, pairs.rows.length, minlength=count).long()
    return embedding_bag(pairs.place, image, length.cumsum(0) - length, mode='sum', per_sample_weights=weight)


def _agreement(pairs: Pairs, walk: Blend, image: Tensor, channels: Tensor) -> Tensor:
    """Gradient [P] of the weights, in the order of blending."""
    who = pairs.rows.splat.index_select(0, pairs.piece.index_select(0, walk.order))
    where = pairs.place.index_select(0, walk.order)
    result = torch.zeros_like(walk.alpha)
    for start in range(0, channels.shape[1], BLOCK):
        some = slice(start, start + BLOCK)
        result += torch.linalg.vecdot(image[:, some].index_select(0, where), channels[:, some].index_select(0, who))
    return result


def _to_power(pairs: Pairs, walk: Blend, to_weight: Tensor, rules: Rules) -> Tensor:
    """Gradient [P] of the logarithm of what a gaussian covers, in the order of the pairs.

    More of a gaussian shows more of it and less of all behind it.
    """
    shown = walk.weight.double() * to_weight
    total = shown.cumsum(0)
    filled = walk.count[walk.count > 0]
    behind = torch.repeat_interleave(total[filled.cumsum(0) - 1], filled) - total
    to_alpha = walk.kept * (walk.clear * to_weight - behind / (1 - walk.alpha.double()))
    result = torch.empty_like(to_alpha)
    result[walk.order] = to_alpha
    if not rules.clamps_pass_gradients:
        result *= pairs.alpha <= rules.largest_alpha
    return result * pairs.alpha


def _to_shape(pairs: Pairs, to_power: Tensor, splats: Splats) -> Tensor:
    """Gradient [K, 6] of pixel, conic and opacity, from moments of the pairs about the centres of their gaussians."""
    rows, across = pairs.rows, pairs.across.double()
    moments = torch.stack([to_power, to_power * across, to_power * across.square()], -1)
    flat, first, second = sums_of_runs(moments, rows.length).unbind(-1)  # [R] each
    down = splats.pixel[rows.splat, 1].double() - rows.row
    by_row = torch.stack([flat, first, flat * down, second, first * down, flat * down.square()], -1)
    pieces = torch.bincount(rows.splat, minlength=len(splats.pixel))
    flat, x, y, xx, xy, yy = sums_of_runs(by_row, pieces).unbind(-1)  # [K] each
    a, b, c = splats.conic.double().unbind(-1)
    parts = [-(a * x + b * y), -(b * x + c * y), -0.5 * xx, -xy, -0.5 * yy, flat / splats.opacity]
    return torch.stack(parts, -1).to(splats.pixel.dtype)
