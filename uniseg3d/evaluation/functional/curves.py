"""Precision-recall curves of scored answers that are right or wrong, and the areas below them."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Curve:
    """Precision and recall if answers count from a score on; one entry for each score that occurs, from the highest."""

    precision: np.ndarray  # [K] float64
    recall: np.ndarray  # [K] float64, non-decreasing

    def trapezoid_area(self) -> float:
        """Area of ScanNet's benchmark: straight lines between the points, from precision 1 at recall 0."""
        return float(np.trapezoid(np.append(1.0, self.precision), np.append(0.0, self.recall)))

    def envelope_area(self) -> float:
        """Interpolated area: at each recall the best precision that any higher recall reaches."""
        best = np.maximum.accumulate(self.precision[::-1])[::-1]
        return float((np.diff(self.recall, prepend=0.0) * best).sum())

    def best_f1(self) -> tuple[float, float]:
        """Precision and recall where their harmonic mean is highest; zeros without answers."""
        if not len(self.recall):
            return 0.0, 0.0
        f1 = 2 * self.precision * self.recall / (self.precision + self.recall + 1e-4)
        best = len(f1) - 1 - int(f1[::-1].argmax())  # of equals the one with more answers
        return float(self.precision[best]), float(self.recall[best])


def curve(scores: np.ndarray, right: np.ndarray, wanted: int) -> Curve:
    """Curve of answers with ``scores`` [E] of which ``right`` [E] are right, when ``wanted`` answers could be right."""
    order = np.argsort(-scores, kind='stable')
    scores = scores[order]
    last = np.flatnonzero(np.append(scores[1:] != scores[:-1], True)) if len(scores) else np.zeros(0, dtype=np.int64)
    hits = np.cumsum(right[order])[last]
    return Curve(hits / (last + 1), hits / max(wanted, 1))
