"""Panels of the prompts of a scene: what each click or sentence means, and what was found."""

from collections.abc import Iterator

import numpy as np
from torch import Tensor

from uniseg3d.structures import Prediction, Sample
from uniseg3d.visualization.canvas import SceneCanvas
from uniseg3d.visualization.figure import NO, YES, Color, Panel, draw_clicks
from uniseg3d.visualization.paint import input_colors
from uniseg3d.visualization.palette import HIGHLIGHT, paint_mask

EMPTY = {'truth': 'no superpoint has a majority', 'prediction': 'empty mask'}


class PromptPanels:
    """Masks of clicks and sentences over the faded scene, truth beside prediction as far as there are any."""

    def __init__(self, sample: Sample, prediction: Prediction | None) -> None:
        self.sample, self.prediction = sample, prediction
        self.input = input_colors(sample)

    def clicks(self, canvas: SceneCanvas, limit: int) -> list[Panel]:
        """Panels of the first ``limit`` click prompts, below each the size of its mask."""
        targets, prediction = self.sample.targets, self.prediction
        masks = {
            'truth': None if targets is None else targets.masks[targets.click_instance],
            'prediction': None if prediction is None or prediction.clicks is None else prediction.clicks.masks,
        }
        return [
            Panel(f'click {row + 1}, {label}', self._draw_clicks(canvas, picture, row), size)
            for row in range(min(limit, len(self.sample.prompts.clicks)))
            for label, picture, size in self._answers(canvas, row, masks)
        ]

    def texts(self, canvas: SceneCanvas, limit: int) -> list[Panel]:
        """Panels of the first ``limit`` sentences; the sentence and the size of its mask stand below."""
        targets, prediction = self.sample.targets, self.prediction
        masks = {
            'truth': None if targets is None else targets.text_masks,
            'prediction': None if prediction is None or prediction.texts is None else prediction.texts.masks,
        }
        sentences = self.sample.prompts.texts.sentences
        return [
            Panel(f'text {row + 1}, {label}', picture, f'"{sentences[row]}" ({size})')
            for row in range(min(limit, len(sentences)))
            for label, picture, size in self._answers(canvas, row, masks)
        ]

    def legend(self, clicked: bool) -> list[tuple[str, Color]]:
        """What the colours of the panels mean; with the marks of clicks if ``clicked``."""
        legend: list[tuple[str, Color]] = [('mask of the prompt', HIGHLIGHT)]
        positive = self.sample.prompts.clicks.positive
        if clicked and positive.any():
            legend.append(('click: this', YES))
        if clicked and not positive.all():
            legend.append(('click: not this', NO))
        return legend

    def _answers(self, canvas: SceneCanvas, row: int, masks: dict[str, Tensor | None]) -> Iterator[tuple[str, np.ndarray, str]]:
        ids = self.sample.superpoints.ids.cpu()
        for label, rows in masks.items():
            if rows is not None:
                mask = rows[row].cpu()[ids].numpy()
                yield label, canvas.paint(paint_mask(self.input, mask)), _size(mask, canvas, EMPTY[label])

    def _draw_clicks(self, canvas: SceneCanvas, picture: np.ndarray, row: int) -> np.ndarray:
        clicks = self.sample.prompts.clicks
        mine = clicks.prompt == row
        pixels = canvas.pixels(self.sample.scene.xyz[clicks.point[mine]].cpu().numpy())
        return draw_clicks(picture, pixels, clicks.positive[mine].cpu().numpy())


def _size(mask: np.ndarray, canvas: SceneCanvas, empty: str) -> str:
    """Size of a mask [N] in words: behind a wall it looks like an empty one."""
    if not mask.any():
        return empty
    return f'{mask.sum()} points' if canvas.shows(mask) else f'{mask.sum()} points, out of sight'
