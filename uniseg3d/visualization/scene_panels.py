"""Which pictures a scene and its prediction give: one list of panels per task."""

from collections.abc import Iterator

import numpy as np
from torch import Tensor

from uniseg3d.structures import Prediction, Sample
from uniseg3d.text.class_lists import ClassList, class_list
from uniseg3d.visualization.canvas import SceneCanvas
from uniseg3d.visualization.figure import Color, Panel, draw_clicks
from uniseg3d.visualization.paint import input_colors, instance_map, matched_colors, panoptic_map, predicted_semantic
from uniseg3d.visualization.palette import class_colors, instance_colors, paint_labels, paint_mask


class ScenePanels:
    """Point colours [N, 3] and panels of one scene; each task appears as far as targets or prediction hold it."""

    def __init__(self, sample: Sample, prediction: Prediction | None, classes: str = 'scannet20') -> None:
        self.sample, self.prediction = sample, prediction
        self.classes: ClassList = class_list(classes)
        self.colors = class_colors(classes)
        self.input = input_colors(sample)

    def point_colors(self) -> dict[str, np.ndarray]:
        """Title -> colours [N, 3] uint8, truth before prediction, task by task."""
        return {'input': self.input, **dict([*self._semantic(), *self._instances(), *self._panoptic()])}

    def overview(self, canvas: SceneCanvas) -> list[Panel]:
        """One panel for each entry of :meth:`point_colors`."""
        return [Panel(title, canvas.paint(colors)) for title, colors in self.point_colors().items()]

    def legend(self) -> list[tuple[str, Color]]:
        """Names and colours of the classes that the panels show."""
        shown = np.zeros(len(self.classes.names) + 1, dtype=bool)
        if self.sample.targets is not None:
            shown[self.sample.targets.semantic.cpu().numpy()] = True
        if self.prediction is not None and self.prediction.semantic is not None:
            shown[predicted_semantic(self.prediction)] = True
        names = [*self.classes.names, 'void']
        return [(names[i], tuple(self.colors[i].tolist())) for i in np.flatnonzero(shown)]

    def clicks(self, canvas: SceneCanvas, limit: int) -> list[Panel]:
        """Truth beside prediction for the first ``limit`` click prompts."""
        targets, prediction = self.sample.targets, self.prediction
        masks = {
            'truth': None if targets is None else targets.masks[targets.click_instance],
            'prediction': None if prediction is None or prediction.clicks is None else prediction.clicks.masks,
        }
        return [
            Panel(f'click {row + 1}, {label}', self._draw_clicks(canvas, picture, row))
            for row in range(min(limit, len(self.sample.prompts.clicks)))
            for label, picture in self._prompt(canvas, row, masks)
        ]

    def texts(self, canvas: SceneCanvas, limit: int) -> list[Panel]:
        """Truth beside prediction for the first ``limit`` sentences, which stand below."""
        targets, prediction = self.sample.targets, self.prediction
        masks = {
            'truth': None if targets is None else targets.text_masks,
            'prediction': None if prediction is None or prediction.texts is None else prediction.texts.masks,
        }
        sentences = self.sample.prompts.texts.sentences
        return [
            Panel(f'text {row + 1}, {label}', picture, f'"{sentences[row]}"')
            for row in range(min(limit, len(sentences)))
            for label, picture in self._prompt(canvas, row, masks)
        ]

    def _prompt(self, canvas: SceneCanvas, row: int, masks: dict[str, Tensor | None]) -> Iterator[tuple[str, np.ndarray]]:
        ids = self.sample.superpoints.ids.cpu()
        for label, rows in masks.items():
            if rows is not None:
                yield label, canvas.paint(paint_mask(self.input, rows[row].cpu()[ids].numpy()))

    def _draw_clicks(self, canvas: SceneCanvas, picture: np.ndarray, row: int) -> np.ndarray:
        clicks = self.sample.prompts.clicks
        mine = clicks.prompt == row
        pixels = canvas.pixels(self.sample.scene.xyz[clicks.point[mine]].cpu().numpy())
        return draw_clicks(picture, pixels, clicks.positive[mine].cpu().numpy())

    def _semantic(self) -> Iterator[tuple[str, np.ndarray]]:
        if self.sample.targets is not None:
            yield 'semantic, truth', self.colors[self.sample.targets.semantic.cpu().numpy()]
        if self.prediction is not None and self.prediction.semantic is not None:
            yield 'semantic, prediction', self.colors[predicted_semantic(self.prediction)]

    def _instances(self) -> Iterator[tuple[str, np.ndarray]]:
        targets, prediction = self.sample.targets, self.prediction
        if prediction is not None and prediction.instances is None:
            return  # a truth with nothing beside it says little
        if targets is not None:
            yield 'instances, truth', paint_labels(targets.instance.cpu().numpy(), instance_colors(len(targets.labels)))
        if prediction is not None and prediction.instances is not None:
            instances = instance_map(prediction.instances, prediction.superpoints)
            yield 'instances, prediction', paint_labels(instances, matched_colors(instances, targets))

    def _panoptic(self) -> Iterator[tuple[str, np.ndarray]]:
        targets, prediction, stuff = self.sample.targets, self.prediction, len(self.classes.stuff)
        if prediction is None or prediction.panoptic is None:
            return  # without a prediction it would repeat the truth of the two tasks above
        if targets is not None:
            truth = targets.panoptic.cpu().numpy()
            yield 'panoptic, truth', self._stuff_and_things(truth, instance_colors(len(targets.labels)), stuff)
        segments = panoptic_map(prediction.panoptic, prediction.superpoints)
        things = np.where(segments >= stuff, segments - stuff, -1)
        yield 'panoptic, prediction', self._stuff_and_things(segments, matched_colors(things, targets), stuff)

    def _stuff_and_things(self, segments: np.ndarray, thing_colors: np.ndarray, stuff: int) -> np.ndarray:
        colors = np.concatenate([self.colors[list(self.classes.stuff)], thing_colors])
        return paint_labels(segments, colors)
