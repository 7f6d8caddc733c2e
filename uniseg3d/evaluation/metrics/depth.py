"""Depth maps of sequences and of single images, after one of several alignments, beside a predictor that looks at nothing."""

import json
from collections.abc import Sequence

import torch

from uniseg3d.evaluation.functional.depth import ALIGNMENTS, DepthErrors, average_depth_errors, depth_errors
from uniseg3d.evaluation.functional.stated_views import stated_depth
from uniseg3d.evaluation.metrics.views import Record, ViewMetric
from uniseg3d.geometry.image_resize import resize_cubic
from uniseg3d.registry import METRICS
from uniseg3d.structures.pointmaps import Pointmaps
from uniseg3d.structures.view_batch import ViewBatch
from uniseg3d.utils.errors import ConfigError, DataError
from uniseg3d.utils.files import write_text

CONSTANT = 'constant'  # stands for the depth of a predictor that says the same of every pixel


class _DepthMetric(ViewMetric):
    """Errors of depth after each of ``alignments``, means over sequences or images weighted by their valid pixels.

    Where the truth is known at the size of the photos, the answer is brought to that size.
    ``abs_rel`` and ``delta_1`` (share below 1.25) of the first alignment; ``<alignment>/<error>`` of all; ``constant``: the
    ``abs_rel`` of one depth for every pixel, the median of the truth.
    """

    per_image: bool

    def __init__(
        self,
        alignments: Sequence[str],
        max_depth: float | None = None,
        clip: float | None = None,
        **kwargs: str | None,
    ) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        unknown = sorted(set(alignments) - set(ALIGNMENTS))
        if unknown or not alignments:
            raise ConfigError(f'{type(self).__name__}.alignments must name some of {", ".join(ALIGNMENTS)}; got {alignments}')
        self.alignments, self.max_depth, self.clip = tuple(alignments), max_depth, clip

    def record(self, sequence: ViewBatch, answer: Pointmaps) -> Record:
        """Errors of one sequence under each alignment."""
        measured = sequence.depth if sequence.full_depth is None else sequence.full_depth
        if measured is None:
            raise DataError('no depth is known')
        truth, stated = measured[0], resize_cubic(stated_depth(answer), *measured.shape[2:])
        groups = [slice(view, view + 1) for view in range(len(truth))] if self.per_image else [slice(None)]
        found = {name: [self._errors(stated[group], truth[group], name) for group in groups] for name in self.alignments}
        flat = torch.ones_like(truth)
        return {**found, CONSTANT: [self._errors(flat[group], truth[group], 'median') for group in groups]}

    def _errors(self, stated: torch.Tensor, truth: torch.Tensor, alignment: str) -> DepthErrors:
        return depth_errors(stated, truth, alignment, self.max_depth, self.clip)

    def report(self, records: dict[str, Record]) -> dict[str, float]:
        """Averages over all sequences or images."""
        means = {
            name: average_depth_errors([errors for record in records.values() for errors in record[name]])
            for name in (*self.alignments, CONSTANT)
        }
        metrics = {'abs_rel': means[self.alignments[0]].abs_rel, 'delta_1': means[self.alignments[0]].delta_1}
        for name in self.alignments:
            metrics |= {f'{name}/{key}': value for key, value in means[name]._asdict().items() if key != 'pixels'}
        if self.folder is not None:
            for name in self.alignments:
                write_text(self.folder / self._file(name), json.dumps(means[name].original(), indent=4, ensure_ascii=False))
        return metrics | {CONSTANT: means[CONSTANT].abs_rel}

    def _file(self, alignment: str) -> str:
        """Where users of the original look for the numbers."""
        raise NotImplementedError


@METRICS.register_module()
class MonoDepthMetric(_DepthMetric):
    """Every image by itself, scaled by medians; ``metric.json``."""

    per_image = True

    def __init__(self, alignments: Sequence[str] = ('median',), **kwargs: float | str | None) -> None:
        super().__init__(alignments, **kwargs)  # type: ignore[arg-type]

    def _file(self, alignment: str) -> str:
        return 'metric.json' if alignment == self.alignments[0] else f'metric_{alignment}.json'


@METRICS.register_module()
class VideoDepthMetric(_DepthMetric):
    """One alignment for all frames of a sequence; ``result_<alignment>.json``."""

    per_image = False

    def __init__(self, alignments: Sequence[str] = ('scale', 'scale&shift', 'metric'), **kwargs: float | str | None) -> None:
        super().__init__(alignments, **kwargs)  # type: ignore[arg-type]

    def _file(self, alignment: str) -> str:
        return f'result_{alignment}.json'
