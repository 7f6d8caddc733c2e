"""What the metrics of view sequences share: one record per sequence, each counted once, files beside the log."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log

from uniseg3d.structures.pointmaps import Pointmaps
from uniseg3d.structures.view_batch import ViewBatch
from uniseg3d.utils.errors import DataError

Record = dict[str, Any]


class ViewMetric(BaseMetric):
    """Base of metrics over sequences. A sequence leaves a small record behind; one that is seen twice counts once.

    A sequence that cannot be measured, such as one along a line, is named in the log and left out.

    Args:
        folder: where files go; ``None``: the work dir, which the runner fills in.
    """

    default_prefix = ''  # plain keys, without mmengine's warning that they are plain

    def __init__(self, folder: str | None = None, collect_device: str = 'cpu', prefix: str | None = None) -> None:
        super().__init__(collect_device, prefix)
        self.folder = None if folder is None else Path(folder)

    def process(self, data_batch: dict[str, ViewBatch], data_samples: Sequence[Pointmaps]) -> None:
        """Remember what each sequence adds."""
        for sequence, answer in zip(data_batch['batch'].to('cpu'), data_samples, strict=True):
            name = sequence.scene_ids[0]
            try:
                self.results.append((name, self.record(sequence, answer.to('cpu'))))
            except DataError as error:
                self.results.append((name, str(error)))

    def record(self, sequence: ViewBatch, answer: Pointmaps) -> Record:
        """What one sequence leaves behind, without arrays over pixels."""
        raise NotImplementedError

    def report(self, records: dict[str, Record]) -> dict[str, float]:
        """Numbers over at least one sequence."""
        raise NotImplementedError

    def compute_metrics(self, results: list[tuple[str, Record | str]]) -> dict[str, float]:
        """Numbers over all sequences that could be measured."""
        found = dict(sorted(results, key=lambda result: result[0]))
        skipped = {name: record for name, record in found.items() if isinstance(record, str)}
        for name, reason in skipped.items():
            print_log(f'{type(self).__name__}: {name} is left out: {reason}', 'current')
        measured = {name: record for name, record in found.items() if not isinstance(record, str)}
        if not measured:
            raise DataError(f'{type(self).__name__}: none of {len(found)} sequences could be measured; see the log')
        print_log(f'{type(self).__name__}: {len(measured)} sequences', 'current')
        return self.report(measured)
