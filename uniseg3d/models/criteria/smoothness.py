"""Depth that changes little inside a segment: masks refine the geometry."""

from torch import Tensor


def segment_smoothness(depth: Tensor, segments: Tensor) -> Tensor:
    """Mean step of ``depth`` [..., H, W] between neighbouring pixels of one segment, across plus down: []. Segments of negative
    number are none.
    """
    total = depth.new_zeros(())
    for axis in (-1, -2):
        count = depth.shape[axis] - 1
        before, after = segments.narrow(axis, 0, count), segments.narrow(axis, 1, count)
        same = (before == after) & (after >= 0)
        step = (depth.narrow(axis, 1, count) - depth.narrow(axis, 0, count)).abs()
        total = total + (step * same).sum() / max(step.numel(), 1)
    return total
