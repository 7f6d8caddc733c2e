"""Everything about a scene as pictures, registered for configs."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from uniseg3d.registry import VISUALIZERS
from uniseg3d.structures import Prediction, Sample
from uniseg3d.utils.errors import ConfigError
from uniseg3d.visualization.canvas import SceneCanvas
from uniseg3d.visualization.export import FORMATS, export_cloud
from uniseg3d.visualization.figure import Panel, compose, save_picture
from uniseg3d.visualization.scene_panels import ScenePanels


@VISUALIZERS.register_module()
class SceneVisualizer:
    """Draws a scene and its prediction, all tasks that they hold; needs no display.

    ``size`` of each panel in pixels, ``max_prompts`` drawn per kind and scene, ``exports`` further files per task:
    'ply' and 'glb' clouds in the task's colours.
    """

    def __init__(
        self,
        classes: str = 'scannet20',
        size: tuple[int, int] = (640, 480),
        max_prompts: int = 6,
        exports: Sequence[str] = (),
    ) -> None:
        unknown = sorted(set(exports) - set(FORMATS))
        if unknown:
            raise ConfigError(f'SceneVisualizer.exports: {unknown[0]!r} is not one of {", ".join(FORMATS)}')
        self.classes, self.size, self.max_prompts, self.exports = classes, size, max_prompts, exports

    def draw(self, sample: Sample, prediction: Prediction | None, folder: str | Path) -> list[Path]:
        """Write ``<scene>.png``, and ``<scene>_clicks.png``, ``<scene>_texts.png`` and exports as asked; return the paths."""
        scene = ScenePanels(sample, prediction, self.classes)
        canvas = SceneCanvas(sample.scene.xyz.cpu().numpy(), self.size)
        name = sample.scene.scene_id
        figures = {
            name: compose(scene.overview(canvas), columns=3, heading=name, legend=scene.legend()),
            f'{name}_clicks': _prompt_figure(scene.clicks(canvas, self.max_prompts), f'{name}: clicks'),
            f'{name}_texts': _prompt_figure(scene.texts(canvas, self.max_prompts), f'{name}: sentences'),
        }
        written = [save_picture(Path(folder) / f'{stem}.png', figure) for stem, figure in figures.items() if figure is not None]
        return written + self._export(sample, scene.point_colors(), Path(folder))

    def _export(self, sample: Sample, colors: dict[str, np.ndarray], folder: Path) -> list[Path]:
        xyz = sample.scene.xyz.cpu().numpy()
        return [
            export_cloud(folder / f'{sample.scene.scene_id}_{title.replace(", ", "_")}.{kind}', xyz, rgb)
            for kind in self.exports
            for title, rgb in colors.items()
        ]


def _prompt_figure(panels: Sequence[Panel], heading: str) -> np.ndarray | None:
    return compose(panels, columns=4, heading=heading) if panels else None
