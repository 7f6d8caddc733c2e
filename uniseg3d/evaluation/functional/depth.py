"""How well depth maps agree with measured ones, after one of several alignments."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from uniseg3d.utils.errors import ConfigError, DataError

LEAST_DEPTH = 1e-5  # metres; the logarithm and ratios see nothing below
LEAST_SCALE = 1e-3
_ORIGINAL_NAMES = ('Abs Rel', 'Sq Rel', 'RMSE', 'Log RMSE', 'δ < 1.25', 'δ < 1.25^2', 'δ < 1.25^3')


class DepthErrors(NamedTuple):
    """Means over valid pixels; all 0 if there are none."""

    abs_rel: float  # |p - g| / g
    sq_rel: float  # (p - g)² / g
    rmse: float
    log_rmse: float
    delta_1: float  # share of pixels with max(p/g, g/p) below 1.25, 1.25², 1.25³
    delta_2: float
    delta_3: float
    pixels: int  # that are valid

    def original(self) -> dict[str, float]:
        """Under the names of MonST3R, CUT3R and Point3R, with their "δ < 1.", which is always 0: no ratio is below 1."""
        named = dict(zip(_ORIGINAL_NAMES, self, strict=False))
        return {**named, 'δ < 1.': 0.0, 'valid_pixels': self.pixels}


def depth_errors(
    prediction: Tensor,  # any shape: one image, or all frames of a sequence, which are aligned as one
    truth: Tensor,  # the same shape; not positive or NaN = no measurement
    alignment: str = 'median',
    max_depth: float | None = None,  # metres; what is measured at or beyond does not count
    clip: float | None = None,  # metres; the aligned prediction is cut off there
) -> DepthErrors:
    """Errors of a prediction after ``alignment``, one of :data:`ALIGNMENTS`."""
    if prediction.shape != truth.shape:
        raise DataError(f'predicted depth {list(prediction.shape)} and measured depth {list(truth.shape)} differ; resize first')
    if alignment not in ALIGNMENTS:
        raise ConfigError(f'unknown depth alignment "{alignment}"; expected one of {", ".join(ALIGNMENTS)}')
    valid = (truth > 0) & (truth < (float('inf') if max_depth is None else max_depth))
    predicted, measured = prediction[valid], truth[valid]  # [N]
    if not len(measured):
        return DepthErrors(0, 0, 0, 0, 0, 0, 0, 0)
    if not predicted.isfinite().all():
        raise DataError('the predicted depth contains NaN or Inf where depth was measured')
    aligned = ALIGNMENTS[alignment](predicted, measured).double()
    if not aligned.isfinite().all():
        raise DataError(f'the predicted depth cannot be aligned by "{alignment}": it is zero where depth was measured')
    return _errors(aligned if clip is None else aligned.clamp(max=clip), measured.double())


def average_depth_errors(errors: Sequence[DepthErrors]) -> DepthErrors:
    """Mean over images or sequences, each as often as it has valid pixels."""
    table = torch.tensor([list(row) for row in errors], dtype=torch.float64).reshape(-1, len(DepthErrors._fields))
    pixels = table[:, -1:]
    means = (table[:, :-1] * pixels).sum(0) / pixels.sum().clamp(min=1)
    return DepthErrors._make([*means.tolist(), int(pixels.sum())])


def _errors(predicted: Tensor, measured: Tensor) -> DepthErrors:
    difference = predicted - measured
    above = predicted.clamp(min=LEAST_DEPTH)
    ratio = torch.maximum(above / measured, measured / above)
    means = [
        (difference.abs() / measured).mean(),
        (difference.square() / measured).mean(),
        difference.square().mean().sqrt(),
        (above.log() - measured.log()).square().mean().sqrt(),
        *((ratio < 1.25**power).double().mean() for power in (1, 2, 3)),
    ]
    return DepthErrors._make([*torch.stack(means).tolist(), len(measured)])


def _by_median(predicted: Tensor, measured: Tensor) -> Tensor:
    return predicted * (measured.median() / predicted.median())


def _by_scale(predicted: Tensor, measured: Tensor) -> Tensor:
    """The scale of least absolute error, by ten rounds of reweighted least squares."""
    scale = measured.mean() / predicted.mean()
    for _ in range(10):
        weight = 1 / ((scale * predicted - measured).abs() + 1e-8)
        scale = (weight * predicted * measured).sum() / (weight * predicted.square()).sum()
    return predicted * scale.clamp(min=LEAST_SCALE)


def _by_least_squares(predicted: Tensor, measured: Tensor) -> Tensor:
    """Scale and shift of least squared error."""
    return _fit_line(predicted.double(), measured.double(), torch.ones_like(predicted, dtype=torch.float64))


def _by_least_absolutes(predicted: Tensor, measured: Tensor) -> Tensor:
    """Scale and shift of least absolute error: least squares, reweighted until the error stands still."""
    p, g = predicted.double(), measured.double()
    floor = 1e-6 * g.mean()  # far below any measurement; keeps points that lie on the line from ruling
    aligned = _fit_line(p, g, torch.ones_like(p))
    error, last = (aligned - g).abs(), torch.inf
    for _ in range(100):
        total = error.sum().item()
        if total > (1 - 1e-6) * last:
            break
        aligned, last = _fit_line(p, g, 1 / error.clamp(min=floor)), total
        error = (aligned - g).abs()
    return aligned


def _fit_line(predicted: Tensor, measured: Tensor, weight: Tensor) -> Tensor:
    """The line through weighted points, at ``predicted`` [N]."""
    share = weight / weight.sum()
    middle, height = (share * predicted).sum(), (share * measured).sum()
    offset = predicted - middle
    spread = (share * offset.square()).sum()
    constant = spread <= 1e-20 * middle.square()  # up to rounding
    slope = torch.where(constant, 0.0, (share * offset * measured).sum() / spread)
    return slope * offset + height


def _by_least_absolutes_original(predicted: Tensor, measured: Tensor) -> Tensor:
    """As the originals look for it: Adam from the ratio of medians, which cannot move scale and shift by more than 0.1.

    Runs in the type of the inputs, whose rounding decides when the loss stands still.
    """
    line = torch.stack([measured.median() / predicted.median(), torch.zeros_like(predicted[0])])  # scale, shift
    mean, square, last = torch.zeros_like(line), torch.zeros_like(line), float('inf')
    for step in range(1, 1001):
        error = line[0] * predicted + line[1] - measured
        slope = torch.stack([(error.sign() * predicted).sum(), error.sign().sum()])  # of the sum of absolutes
        mean, square = 0.9 * mean + 0.1 * slope, 0.999 * square + 0.001 * slope.square()
        line = line - 1e-4 / (1 - 0.9**step) * mean / ((square / (1 - 0.999**step)).sqrt() + 1e-8)
        loss = error.abs().sum().item()
        if abs(last - loss) < 1e-6:
            break
        last = loss
    return line[0] * predicted + line[1]


def _unaligned(predicted: Tensor, measured: Tensor) -> Tensor:
    return predicted


ALIGNMENTS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    'metric': _unaligned,
    'median': _by_median,
    'scale': _by_scale,
    'lstsq': _by_least_squares,
    'scale&shift': _by_least_absolutes,
    'scale&shift_original': _by_least_absolutes_original,
}
