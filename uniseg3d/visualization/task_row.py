"""What a model answered to each task about one scene: one small picture per task."""

import textwrap
from collections.abc import Iterator

import numpy as np
from torch import Tensor

from uniseg3d.structures import Prediction, Sample
from uniseg3d.visualization.canvas import SceneCanvas
from uniseg3d.visualization.figure import Panel, draw_clicks, draw_outline
from uniseg3d.visualization.paint import first_mask, instance_map, predicted_semantic
from uniseg3d.visualization.palette import paint_mask
from uniseg3d.visualization.scene_panels import ScenePanels

MIN_SHARE = 0.008  # of the picture, for an object that a sentence shows
LONGEST = 75  # characters of a sentence below its picture


class TaskRow:
    """Panels of one scene under the names of their columns, for the tasks that the prediction holds.

    Prompts are those whose objects are in sight. Where the truth is known, dark lines are drawn around the true objects.
    """

    def __init__(self, sample: Sample, prediction: Prediction, classes: str, size: tuple[int, int], max_clicks: int) -> None:
        self.sample, self.prediction, self.max_clicks = sample, prediction, max_clicks
        self.scene = ScenePanels(sample, prediction, classes)
        self.canvas = SceneCanvas(sample.scene.xyz.cpu().numpy(), size)

    def panels(self) -> dict[str, Panel]:
        """Column -> panel, in the order of the columns; titles are left to the sheet."""
        return dict([self._input(), *self._maps(), *self._clicks(), *self._texts(), *self._objects()])

    def shown(self) -> np.ndarray:
        """Which classes the semantic map shows, [C + 1] bool, the last one void."""
        shown = np.zeros(len(self.scene.colors), dtype=bool)
        if self.prediction.semantic is not None:
            shown[predicted_semantic(self.prediction)] = True
        return shown

    def _input(self) -> tuple[str, Panel]:
        return 'input', Panel('', self.canvas.paint(self.scene.input), self.sample.scene.scene_id)

    def _maps(self) -> Iterator[tuple[str, Panel]]:
        colors = self.scene.point_colors()
        for task in ('semantic', 'instances', 'panoptic'):
            if f'{task}, prediction' in colors:
                yield task, Panel('', self.canvas.paint(colors[f'{task}, prediction']))

    def _objects(self) -> Iterator[tuple[str, Panel]]:
        found = self.prediction.objects
        if found is not None:
            yield 'objects of any class', self._segments(instance_map(found, self.prediction.superpoints))

    def _segments(self, segments: np.ndarray) -> Panel:
        return Panel('', self.canvas.paint(self.scene.over_input(segments)))

    def _clicks(self) -> Iterator[tuple[str, Panel]]:
        """The masks of some clicks, evenly chosen among those in sight, and their marks."""
        answers, clicks = self.prediction.clicks, self.sample.prompts.clicks
        if answers is None or len(answers) == 0:
            return
        rows = _evenly(self._visible_clicks(), self.max_clicks)
        panel = self._segments(first_mask(answers.masks[rows], self.prediction.superpoints))
        targets = self.sample.targets
        if targets is not None:
            for row in rows:
                panel.image = self._outlined(panel.image, targets.masks[targets.click_instance[row]])
        shown = np.flatnonzero(np.isin(clicks.prompt.cpu().numpy(), rows))
        panel.image = draw_clicks(panel.image, self._click_pixels(shown), clicks.positive.cpu().numpy()[shown])
        panel.caption = f'{len(rows)} of {len(answers)} clicks'
        yield 'clicks', panel

    def _visible_clicks(self) -> np.ndarray:
        """Prompts of which every mark lies on what it clicked on, not on something in front of it."""
        clicks = self.sample.prompts.clicks
        shown = self.canvas.values(self.sample.superpoints.ids.cpu().numpy())
        pixels = self._click_pixels(np.arange(len(clicks.point))).astype(int).clip(0, np.array(shown.shape[::-1]) - 1)
        hit = shown[pixels[:, 1], pixels[:, 0]] == clicks.superpoint.cpu().numpy()
        hidden = clicks.prompt.cpu().numpy()[~hit]
        return np.setdiff1d(np.arange(len(clicks)), hidden)

    def _click_pixels(self, which: np.ndarray) -> np.ndarray:
        """Where in the picture the clicks ``which`` lie: [C, 2] x, y."""
        points = self.sample.prompts.clicks.point.cpu().numpy()[which]
        return self.canvas.pixels(self.sample.scene.xyz.cpu().numpy()[points])

    def _texts(self) -> Iterator[tuple[str, Panel]]:
        """One sentence, and what it found."""
        answers, targets = self.prediction.texts, self.sample.targets
        if answers is None or len(answers) == 0:
            return
        row = self._telling_sentence(answers.masks if targets is None else targets.text_masks)
        mask = self.sample.superpoints.expand(answers.masks[row]).cpu().numpy()
        image = self.canvas.paint(paint_mask(self.scene.input, mask))
        if targets is not None:
            image = self._outlined(image, targets.text_masks[row])
        sentence = textwrap.shorten(self.sample.prompts.texts.sentences[row], LONGEST, placeholder=' …')
        yield 'sentence', Panel('', image, f'"{sentence}"')

    def _telling_sentence(self, meant: Tensor) -> int:
        """The longest sentence that needs no cut, of those that mean something in sight; ``meant`` [T, M] bool."""
        sentences = self.sample.prompts.texts.sentences
        seen = np.array([self._region(mask).mean() for mask in meant]) >= MIN_SHARE
        length = np.array([len(sentence) for sentence in sentences])
        return int(np.lexsort((length, length <= LONGEST, seen))[-1])

    def _outlined(self, image: np.ndarray, mask: Tensor) -> np.ndarray:
        return draw_outline(image, self._region(mask))

    def _region(self, mask: Tensor) -> np.ndarray:
        """Pixels [height, width] bool that show superpoints of ``mask`` [M]."""
        return self.canvas.values(self.sample.superpoints.expand(mask).cpu().numpy().astype(int)) == 1


def _evenly(rows: np.ndarray, count: int) -> np.ndarray:
    """At most ``count`` of ``rows``, evenly spaced, in order."""
    return rows if len(rows) <= count else rows[np.linspace(0, len(rows) - 1, count).round().astype(int)]
