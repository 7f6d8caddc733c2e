"""Panoptic segmentation: every point in exactly one segment."""

from collections.abc import Sequence

from uniseg3d.evaluation.functional.panoptic import PanopticCounts, PanopticScores, panoptic_counts, panoptic_scores
from uniseg3d.evaluation.table import aligned_table
from uniseg3d.evaluation.tasks.base import Classes, EvaluatedScene, TaskReport, known_mean, named


class PanopticTask:
    """Panoptic quality."""

    def __init__(self, classes: Classes) -> None:
        self.classes = classes

    def record(self, scene: EvaluatedScene) -> PanopticCounts | None:
        """Counts of the scene."""
        found = scene.prediction.panoptic
        if found is None:
            return None
        stuff = self.classes.stuff
        return panoptic_counts(found.semantic.numpy(), found.segment.numpy(), scene.truth, len(self.classes), stuff)

    def report(self, records: Sequence[PanopticCounts]) -> TaskReport:
        """``pq``, ``sq`` and ``rq``, where an absent class counts as 0, and ``pq_present`` without such classes.

        ``pq_things`` and ``pq_stuff`` are there where the list has such classes.
        """
        counts = PanopticCounts.total(records)
        scores = panoptic_scores(counts)
        stuff = list(self.classes.stuff)
        things = [index for index in range(len(self.classes)) if index not in stuff]
        metrics = {
            'pq': float(scores.pq.mean()),
            'sq': float(scores.sq.mean()),
            'rq': float(scores.rq.mean()),
            'pq_present': known_mean(scores.pq[scores.present]),
        }
        metrics |= {
            f'pq_{kind}': known_mean(scores.pq[which]) for kind, which in (('things', things), ('stuff', stuff)) if which
        }
        names = self.classes.names
        classes = {name: named(names, getattr(scores, name)) for name in ('pq', 'sq', 'rq')}
        return TaskReport(metrics, self._table(counts, scores), classes)

    def _table(self, counts: PanopticCounts, scores: PanopticScores) -> str:
        measures = (scores.pq.tolist(), scores.sq.tolist(), scores.rq.tolist())
        numbers = (map(str, values.tolist()) for values in (counts.tp, counts.fp, counts.fn))
        rows = [*zip(self.classes.names, *measures, *numbers, strict=True)]
        rows.append(('mean', *(float(values.mean()) for values in (scores.pq, scores.sq, scores.rq)), '', '', ''))
        return aligned_table(('class', 'PQ', 'SQ', 'RQ', 'TP', 'FP', 'FN'), rows)
