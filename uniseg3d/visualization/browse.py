"""What the pipeline really feeds a model, scene by scene: after augmentation, with labels and prompts."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from uniseg3d.structures import Sample
from uniseg3d.visualization.canvas import SceneCanvas
from uniseg3d.visualization.figure import Panel, compose, contact_sheet, save_picture
from uniseg3d.visualization.paint import superpoint_colors
from uniseg3d.visualization.palette import instance_colors, paint_labels
from uniseg3d.visualization.scene_panels import ScenePanels

PANEL_SIZE = (640, 480)
TILE_SIZE = (300, 225)
TILE_COLUMNS = 6


def browse(
    samples: Iterable[Sample], folder: Path, classes: str = 'scannet20', max_prompts: int = 4
) -> Iterator[tuple[str, Path]]:
    """Draw one picture per sample into ``folder``; yields a line of facts and the path of each."""
    for number, sample in enumerate(samples):
        scene = ScenePanels(sample, None, classes)
        canvas = SceneCanvas(sample.scene.xyz.numpy(), PANEL_SIZE)
        further = [Panel(title, canvas.paint(colors)) for title, colors in _pipeline_colors(sample).items()]
        prompts = scene.clicks(canvas, max_prompts) + scene.texts(canvas, max_prompts)
        figure = compose([*scene.overview(canvas), *further, *prompts], 3, describe(sample), scene.legend())
        yield describe(sample), save_picture(folder / f'{number:03d}_{sample.scene.scene_id}.png', figure)


def sheet_of_rooms(samples: Iterable[Sample], path: Path, classes: str = 'scannet20') -> Path:
    """One picture of many scenes: colours on the left of each pair, semantic labels on the right where there are some."""
    tiles = []
    for sample in samples:
        canvas = SceneCanvas(sample.scene.xyz.numpy(), TILE_SIZE)
        colors = ScenePanels(sample, None, classes).point_colors()
        tiles += [canvas.paint(colors[title]) for title in ('input', 'semantic, truth') if title in colors]
    return save_picture(path, contact_sheet(tiles, TILE_COLUMNS))


def describe(sample: Sample) -> str:
    """One line: name and counts, so that a wrong number catches the eye."""
    targets, prompts = sample.targets, sample.prompts
    low, high = sample.scene.xyz.amin(0), sample.scene.xyz.amax(0)
    size = ' x '.join(f'{side:.1f}' for side in (high - low).tolist())
    labelled = 'no labels' if targets is None else f'{len(targets.labels)} instances, {len(targets.novel_masks)} novel masks'
    return (
        f'{sample.scene.scene_id}: {len(sample.scene)} points, {len(sample.superpoints)} superpoints, {size} m, {labelled}, '
        f'{len(prompts.clicks)} clicks, {len(prompts.texts)} texts'
    )


def _pipeline_colors(sample: Sample) -> dict[str, np.ndarray]:
    colors = {'superpoints': superpoint_colors(sample.superpoints)}
    if sample.targets is not None and len(sample.targets.novel_masks):
        masks = sample.superpoints.expand(sample.targets.novel_masks).numpy()
        novel = np.where(masks.any(0), masks.argmax(0), -1)
        colors['novel masks'] = paint_labels(novel, instance_colors(len(masks)))
    return colors
