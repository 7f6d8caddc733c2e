"""Colours of points: what they mean, and how people may change their looks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from matplotlib import colormaps

from uniseg3d.visualization.heat import heat_colors
from uniseg3d.visualization.palette import instance_colors, paint_labels, paint_segments

RGB = 'rgb'
MOST_NAMED = 24  # entries of a legend; the rest is counted
OTHERS = (128, 128, 128)
SHADE = 0.3  # of the scene under a heat map, so that its shapes are seen
STEP = 7  # colours that a recolouring goes on by
Color = tuple[int, int, int]


class Entry(NamedTuple):
    """A line of a legend."""

    title: str
    color: Color
    value: int = -1  # which of the values of the layer it names; -1 = none


@dataclass(frozen=True, eq=False)
class Layer:
    """Colours of n points."""

    colors: np.ndarray  # [n, 3] uint8
    values: np.ndarray | None = None  # [n] int32, -1 = none
    legend: tuple[Entry, ...] = ()
    free: int | None = None  # the colours of values from this one on only tell apart, any others would do

    def recolored(self, seed: int) -> 'Layer':
        """With other colours where they have no meaning; ``seed`` 0 = those that it has."""
        if seed == 0 or self.free is None or self.values is None:
            return self
        count = int(self.values.max(initial=-1)) + 1
        palette = instance_colors(count + STEP * seed)[STEP * seed :]
        chosen = self.values >= self.free
        colors = np.where(chosen[:, None], palette[np.where(chosen, self.values, 0)] if count else self.colors, self.colors)
        legend = tuple(one._replace(color=_color(palette[one.value])) if one.value >= self.free else one for one in self.legend)
        return replace(self, colors=colors, legend=legend)

    def blended(self, base: np.ndarray, opacity: float) -> np.ndarray:
        """Its colours over those of the points as they were scanned: [n, 3] uint8."""
        if opacity >= 1:
            return self.colors
        return np.round((1 - opacity) * base + opacity * self.colors).astype(np.uint8)

    def tags(self, xyz: np.ndarray, seen: np.ndarray | None = None) -> Iterator[tuple[str, np.ndarray]]:
        """Where the names of the legend stand: on the point nearest to the middle of the named ones.

        xyz: [n, 3]; seen: [n] bool, which of them are shown.
        """
        for entry in self.legend:
            if entry.value >= 0 and self.values is not None:
                own = xyz[(self.values == entry.value) & (True if seen is None else seen)]
                if len(own):
                    yield entry.title, own[np.abs(own - np.median(own, axis=0)).sum(1).argmin()]


def rgb_layer(colors: np.ndarray) -> Layer:
    """The points as they were scanned, ``colors`` [n, 3] 0..255."""
    return Layer(np.clip(np.round(colors), 0, 255).astype(np.uint8))


def label_layer(values: np.ndarray, names: Sequence[str], colors: np.ndarray, free: int | None = None) -> Layer:
    """Every point [n] has a label, -1 = none; the legend names those that occur, the most frequent first."""
    values = values.astype(np.int32)
    return Layer(paint_labels(values, colors), values, legend_of(values, names, colors), free)


def segment_layer(base: np.ndarray, values: np.ndarray, names: Sequence[str], colors: np.ndarray | None = None) -> Layer:
    """Segments [n] over the washed-out scene ``base`` [n, 3]; -1 = in none."""
    free = 0 if colors is None else None
    colors = instance_colors(len(names)) if colors is None else colors
    values = values.astype(np.int32)
    return Layer(paint_segments(base, values, colors), values, legend_of(values, names, colors), free)


def heat_layer(base: np.ndarray, values: np.ndarray, text: str) -> Layer:
    """How well each point [n] fits ``text``, with the light and shade of the scene ``base`` [n, 3]."""
    low, high = (_color(row) for row in heat_colors(np.array([0.0, 1.0])))
    mixed = (1 - SHADE) * heat_colors(values) + SHADE * base.mean(1, keepdims=True)
    return Layer(mixed.round().astype(np.uint8), None, (Entry(f'fits “{text}” best', high), Entry('fits it least', low)))


def share_layer(shares: np.ndarray, ends: Sequence[tuple[float, str]]) -> Layer:
    """Shares [n] of 0 (dark) to 1 (light); ``ends`` name some of them."""
    table = (np.array(colormaps['viridis'].colors) * 255).astype(np.uint8)  # type: ignore[attr-defined]
    steps = (np.clip(np.append(shares, [share for share, _ in ends]), 0, 1) * (len(table) - 1)).astype(np.int32)
    colors = table[steps]
    legend = (Entry(title, _color(row)) for (_, title), row in zip(ends, colors[len(shares) :], strict=True))
    return Layer(colors[: len(shares)], None, tuple(legend))


def legend_of(values: np.ndarray, names: Sequence[str], colors: np.ndarray) -> tuple[Entry, ...]:
    """A line for each of the values [n] that occur."""
    counts = np.bincount(values[values >= 0], minlength=len(names))[: len(names)]
    order = [int(i) for i in np.argsort(-counts, kind='stable') if counts[i]]
    entries = [Entry(names[i], _color(colors[i]), i) for i in order[:MOST_NAMED]]
    if len(order) > MOST_NAMED:
        entries.append(Entry(f'and {len(order) - MOST_NAMED} more', OTHERS))
    return tuple(entries)


def _color(row: np.ndarray) -> Color:
    return int(row[0]), int(row[1]), int(row[2])
