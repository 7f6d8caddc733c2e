"""Which pictures a scene and its prediction give: one list of panels per task."""

from collections.abc import Iterator

import numpy as np

from uniseg3d.structures import Prediction, Sample
from uniseg3d.structures.lifted_sample import ZeroShotPrediction
from uniseg3d.text.class_lists import class_list
from uniseg3d.visualization.canvas import SceneCanvas
from uniseg3d.visualization.figure import Color, Panel
from uniseg3d.visualization.paint import (
    input_colors,
    instance_map,
    matched_colors,
    object_reference,
    panoptic_map,
    predicted_semantic,
)
from uniseg3d.visualization.palette import class_colors, instance_colors, paint_labels, paint_segments

COLOR_RULES = {  # of panels that the legend of classes does not explain
    'instances': 'one colour per object',
    'panoptic': 'stuff in the colours of its classes, every other object in its own',
}


def class_legend(classes: str, shown: np.ndarray) -> list[tuple[str, Color]]:
    """Names and colours of those classes, and void, that are ``shown`` [C + 1] bool."""
    names, colors = [*class_list(classes).names, 'void'], class_colors(classes)
    return [(names[i], tuple(colors[i].tolist())) for i in np.flatnonzero(shown)]


class ScenePanels:
    """Point colours [N, 3] and panels of one scene; each task appears as far as targets or prediction hold it."""

    def __init__(self, sample: Sample, prediction: Prediction | None, classes: str = 'scannet20') -> None:
        self.sample, self.prediction = sample, prediction
        self.classes = classes
        self.stuff = class_list(classes).stuff
        self.colors = class_colors(classes)
        self.input = input_colors(sample)
        self.reference = object_reference(sample, prediction)  # [N], whose colours objects keep in all panels

    def point_colors(self) -> dict[str, np.ndarray]:
        """Title -> colours [N, 3] uint8, truth before prediction, task by task."""
        return {'input': self.input, **dict([*self._semantic(), *self._instances(), *self._panoptic()])}

    def overview(self, canvas: SceneCanvas) -> list[Panel]:
        """One panel for each entry of :meth:`point_colors`."""
        return [
            Panel(title, canvas.paint(colors), COLOR_RULES.get(title.split(',')[0], ''))
            for title, colors in self.point_colors().items()
        ]

    def shown(self) -> np.ndarray:
        """Which classes the panels show, [C + 1] bool, the last one void."""
        shown = np.zeros(len(self.colors), dtype=bool)
        if self.sample.targets is not None:
            shown[self.sample.targets.semantic.cpu().numpy()] = True
        if self.prediction is not None and self.prediction.semantic is not None:
            shown[predicted_semantic(self.prediction)] = True
        for labels in self._point_labels().values():
            shown[labels] = True
        return shown

    def over_input(self, segments: np.ndarray) -> np.ndarray:
        """Colours [N, 3] of segments [N] over the washed-out input; an object keeps its colour in all panels."""
        return paint_segments(self.input, segments, matched_colors(segments, self.reference))

    def legend(self) -> list[tuple[str, Color]]:
        """Names and colours of the classes that the panels show."""
        return class_legend(self.classes, self.shown())

    def _semantic(self) -> Iterator[tuple[str, np.ndarray]]:
        if self.sample.targets is not None:
            yield 'semantic, truth', self.colors[self.sample.targets.semantic.cpu().numpy()]
        if self.prediction is not None and self.prediction.semantic is not None:
            yield 'semantic, prediction', self.colors[predicted_semantic(self.prediction)]
        for kind, labels in self._point_labels().items():
            yield f'semantic, {kind}', self.colors[labels]

    def _point_labels(self) -> dict[str, np.ndarray]:
        """Classes [N] of points by each kind of evidence, where a prediction has several."""
        labels = self.prediction.point_labels if isinstance(self.prediction, ZeroShotPrediction) else {}
        return {kind: values.cpu().numpy() for kind, values in labels.items()}

    def _instances(self) -> Iterator[tuple[str, np.ndarray]]:
        targets, prediction = self.sample.targets, self.prediction
        if prediction is not None and prediction.instances is None:
            return  # a truth with nothing beside it says little
        if targets is not None:
            yield 'instances, truth', self.over_input(targets.instance.cpu().numpy())
        if prediction is not None and prediction.instances is not None:
            yield 'instances, prediction', self.over_input(instance_map(prediction.instances, prediction.superpoints))

    def _panoptic(self) -> Iterator[tuple[str, np.ndarray]]:
        targets, prediction, stuff = self.sample.targets, self.prediction, len(self.stuff)
        if prediction is not None and prediction.panoptic is None:
            return
        if targets is not None:
            truth = targets.panoptic.cpu().numpy()
            yield 'panoptic, truth', self._stuff_and_things(truth, instance_colors(len(targets.labels)))
        if prediction is not None and prediction.panoptic is not None:
            segments = panoptic_map(prediction.panoptic, prediction.superpoints)
            things = np.where(segments >= stuff, segments - stuff, -1)
            yield 'panoptic, prediction', self._stuff_and_things(segments, matched_colors(things, self.reference))

    def _stuff_and_things(self, segments: np.ndarray, thing_colors: np.ndarray) -> np.ndarray:
        colors = np.concatenate([self.colors[list(self.stuff)], thing_colors])
        return paint_labels(segments, colors)
