"""What a test run leaves behind for people: predictions to score again, and pictures."""

import json
from pathlib import Path
from typing import Any

from mmengine.dist import get_rank, get_world_size, master_only
from mmengine.hooks import Hook

from uniseg3d.io.predictions import write_prediction
from uniseg3d.registry import HOOKS, VISUALIZERS
from uniseg3d.structures import Prediction, Sample
from uniseg3d.utils.files import atomic_path, write_text

DUMP_SCHEMA = 'uniseg3d-dump-1'
SHEET_ROWS = 3


@HOOKS.register_module()
class PredictionDumpHook(Hook):
    """Writes every prediction of a test run as ``folder/<scene>.npz``, and beside them the config that made them.

    The config is written as JSON, which is data: scoring the folder again runs nothing that lies in it.
    """

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)

    @master_only
    def before_test(self, runner: Any) -> None:
        """Write what ``tools/evaluate.py`` needs."""
        with atomic_path(self.folder / 'config.json') as temporary:
            runner.cfg.dump(temporary)
        meta = {
            'schema': DUMP_SCHEMA,
            'config': str(runner.cfg.filename or ''),
            'weights': str(runner.cfg.get('load_from') or ''),
        }
        write_text(self.folder / 'meta.json', json.dumps(meta, indent=2))

    def after_test_iter(
        self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: list[Prediction] | None = None
    ) -> None:
        """Write the predictions of one batch."""
        for prediction in outputs or []:
            write_prediction(self.folder / f'{prediction.scene_id}.npz', prediction)


@HOOKS.register_module()
class PictureHook(Hook):
    """Draws the first ``count`` scenes of a test run into ``folder``, and a sheet of all tasks for the first few of them.

    ``options``: of :class:`SceneVisualizer`.
    """

    def __init__(self, folder: str, count: int = 8, **options: Any) -> None:
        self.folder, self.count, self.drawn = Path(folder), count, 0
        self.painter = VISUALIZERS.build({'type': 'SceneVisualizer', **options})
        self.sheet: list[tuple[Sample, Prediction]] = []

    def after_test_iter(
        self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: list[Prediction] | None = None
    ) -> None:
        """Draw the scenes of one batch while there are pictures left for this process."""
        share = -(-(self.count - get_rank()) // get_world_size())
        for sample, prediction in zip(data_batch['batch'], outputs or [], strict=True):
            if self.drawn < share:
                drawn = sample.to('cpu'), prediction.to('cpu')
                paths = self.painter.draw(*drawn, self.folder)
                self.drawn += 1
                self.sheet += [drawn][: SHEET_ROWS - len(self.sheet)]
                runner.logger.info(f'drew {sample.scene.scene_id}: {", ".join(str(path) for path in paths)}')

    @master_only
    def after_test(self, runner: Any) -> None:
        """Draw the sheet, of the scenes of the first process."""
        if self.sheet:
            runner.logger.info(f'drew all tasks: {self.painter.draw_sheet(self.sheet, self.folder)}')
