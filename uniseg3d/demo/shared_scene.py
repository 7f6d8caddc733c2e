"""A scene that was encoded once and that many users ask; nothing in it changes with what they ask."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from torch import Tensor

from uniseg3d.apis.opened_scene import OpenedScene
from uniseg3d.apis.result_files import drawn_rows
from uniseg3d.apis.user_prompts import Click
from uniseg3d.demo.layer import rgb_layer
from uniseg3d.demo.model_queue import ModelQueue
from uniseg3d.demo.picking import pick_point, usual_spacing
from uniseg3d.demo.shown import Shown, ShownCamera
from uniseg3d.structures import MaskSet, Prediction, Superpoints
from uniseg3d.text.class_lists import ClassList

MOST_SHOWN = 600_000  # points; browsers become slow with more, and what is exported has all of them


class SharedScene:
    """What sessions may read and ask.

    Attributes:
        xyz: [n, 3] float32 metres, z up, of the points that are shown.
        colors: [n, 3] uint8.
        parts: superpoints of the shown points, numbered as those of the scene.
        shown: the same as a page draws it, with the cameras of the photos that it came from.
        prediction: all that needs no prompt.
        spacing: metres between neighbouring points.
    """

    def __init__(
        self,
        opened: OpenedScene,
        classes: ClassList,
        classes_name: str,
        queue: ModelQueue,
        most_shown: int = MOST_SHOWN,
        cameras: Sequence[ShownCamera] = (),
    ) -> None:
        self.opened, self.classes, self.classes_name, self.queue = opened, classes, classes_name, queue
        rows = drawn_rows(opened.sample.superpoints, most_shown)
        self.parts = Superpoints(opened.sample.superpoints.ids[rows])
        self.xyz = opened.copy.xyz[rows.numpy()]
        self.colors = rgb_layer(opened.copy.color[rows.numpy()]).colors
        self.shown = Shown(opened.cloud.name, 'scene', self.xyz, {}, cameras=list(cameras), notes=opened.cloud.notes)
        self.prediction: Prediction = queue.run(lambda: opened.ask((), (), None))
        self.spacing = usual_spacing(self.xyz)
        self._to_file = np.linalg.inv(opened.cloud.to_model)

    @property
    def name(self) -> str:
        """Of the scan."""
        return self.opened.cloud.name

    def about_shown(self, prediction: Prediction) -> Prediction:
        """The same answers, about the points that are shown."""
        return replace(prediction, superpoints=self.parts, click_rounds=None)

    def pick(self, origin: Sequence[float], direction: Sequence[float], top: float = float('inf')) -> int | None:
        """The shown point that a ray hits; none above ``top`` metres is in its way."""
        rows = np.flatnonzero(self.xyz[:, 2] <= top)
        found = pick_point(self.xyz[rows], np.asarray(origin), np.asarray(direction), self.spacing)
        return None if found is None else int(rows[found])

    def click_on(self, row: int, positive: bool = True) -> Click:
        """A click on a shown point, in the coordinates of the file."""
        x, y, z = self._to_file[:3, :3] @ self.xyz[row].astype(np.float64) + self._to_file[:3, 3]
        return Click((float(x), float(y), float(z)), positive)

    def mask_of(self, clicks: Sequence[Click]) -> tuple[Tensor, float]:
        """Mask [M] of the object with these clicks, and its score."""
        masks = self.queue.run(lambda: self.opened.answer_clicks([list(clicks)]))
        return masks.masks[0], float(masks.scores[0])

    def mask_of_text(self, sentence: str) -> tuple[Tensor, float]:
        """Mask [M] of what ``sentence`` describes, and its score."""
        masks = self.queue.run(lambda: self.opened.answer_texts([sentence]))
        return masks.masks[0], float(masks.scores[0])

    def heat_of_text(self, sentence: str) -> Tensor:
        """How well each superpoint [M] fits ``sentence``."""
        return self.queue.run(lambda: self.opened.text_heat(sentence))

    def instances_of(self, names: Sequence[str]) -> MaskSet | None:
        """Instances of any names, labelled by their place there."""
        return self.queue.run(lambda: self.opened.ask((), (), list(names))).named
