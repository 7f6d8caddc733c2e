"""Everything about a scene as pictures, registered for configs."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from uniseg3d.registry import VISUALIZERS
from uniseg3d.structures import Prediction, Sample
from uniseg3d.utils.errors import ConfigError
from uniseg3d.visualization.canvas import SceneCanvas
from uniseg3d.visualization.export import FORMATS, export_cloud
from uniseg3d.visualization.figure import compose, save_picture
from uniseg3d.visualization.prompt_panels import PromptPanels
from uniseg3d.visualization.scene_panels import ScenePanels
from uniseg3d.visualization.task_sheet import sheet_of_tasks


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
        """Write ``<scene>.png``, and ``<scene>_clicks.png``, ``<scene>_texts.png`` and exports as asked; return the paths.

        Without a prediction the prompts are drawn with their true masks, with one only if it holds their task.
        """
        scene, name = ScenePanels(sample, prediction, self.classes), sample.scene.scene_id
        prompts = PromptPanels(sample, prediction)
        canvas = SceneCanvas(sample.scene.xyz.cpu().numpy(), self.size)
        figures = {name: compose(scene.overview(canvas), 3, name, scene.legend())}
        for task, panels_of in (('clicks', prompts.clicks), ('texts', prompts.texts)):
            run = prediction is None or getattr(prediction, task) is not None
            panels = panels_of(canvas, self.max_prompts) if run else []
            if panels:
                figures[f'{name}_{task}'] = compose(panels, 4, f'{name}: {task}', prompts.legend(task == 'clicks'))
        written = [save_picture(Path(folder) / f'{stem}.png', figure) for stem, figure in figures.items()]
        return written + self._export(sample, scene.point_colors(), Path(folder))

    def draw_sheet(self, scenes: Iterable[tuple[Sample, Prediction]], folder: str | Path) -> Path:
        """Write ``tasks.png``, one picture of all tasks for some scenes."""
        return sheet_of_tasks(scenes, Path(folder) / 'tasks.png', self.classes)

    def _export(self, sample: Sample, colors: dict[str, np.ndarray], folder: Path) -> list[Path]:
        xyz = sample.scene.xyz.cpu().numpy()
        return [
            export_cloud(folder / f'{sample.scene.scene_id}_{title.replace(", ", "_")}.{kind}', xyz, rgb)
            for kind in self.exports
            for title, rgb in colors.items()
        ]
