"""What the pipeline really feeds a model, scene by scene: after augmentation, with labels and prompts."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from uniseg3d.structures import Sample
from uniseg3d.visualization.canvas import SceneCanvas
from uniseg3d.visualization.figure import Panel, check_picture_path, compose, save_picture, side_by_side
from uniseg3d.visualization.paint import first_mask, superpoint_colors
from uniseg3d.visualization.palette import class_colors, instance_colors, paint_labels
from uniseg3d.visualization.prompt_panels import PromptPanels
from uniseg3d.visualization.scene_panels import ScenePanels, class_legend

PANEL_SIZE = (640, 480)
TILE_SIZE = (300, 225)
TILE_COLUMNS = 3  # pairs of tiles
TILE_TEXT = 26  # pixels; still readable when the sheet is shown at half its width


def browse(
    samples: Iterable[Sample], folder: Path, classes: str = 'scannet20', max_prompts: int = 4
) -> Iterator[tuple[str, Path]]:
    """Draw one picture per sample into ``folder``; yields a line of facts and the path of each."""
    for number, sample in enumerate(samples):
        path = folder / f'{number:03d}_{sample.scene.scene_id}.png'
        yield describe(sample), save_picture(path, _picture(sample, classes, max_prompts))


def sheet_of_rooms(samples: Iterable[Sample], path: Path, classes: str = 'scannet20') -> Path:
    """One picture of many scenes by name: colours on the left, semantic labels on the right (else superpoints), a legend."""
    check_picture_path(path)  # drawing takes long
    panels, shown = [], np.zeros(len(class_colors(classes)), dtype=bool)
    for sample in samples:
        scene, canvas = ScenePanels(sample, None, classes), SceneCanvas(sample.scene.xyz.numpy(), TILE_SIZE)
        right = scene.point_colors().get('semantic, truth', superpoint_colors(sample.superpoints))
        panels.append(Panel(sample.scene.scene_id, side_by_side(canvas.paint(scene.input), canvas.paint(right))))
        shown |= scene.shown()
    sheet = compose(panels, TILE_COLUMNS, legend=class_legend(classes, shown), text_size=TILE_TEXT)
    return save_picture(path, sheet)


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


def _picture(sample: Sample, classes: str, max_prompts: int) -> np.ndarray:
    scene, prompts = ScenePanels(sample, None, classes), PromptPanels(sample, None)
    canvas = SceneCanvas(sample.scene.xyz.numpy(), PANEL_SIZE)
    further = [Panel(title, canvas.paint(colors)) for title, colors in _pipeline_colors(sample).items()]
    asked = prompts.clicks(canvas, max_prompts) + prompts.texts(canvas, max_prompts)
    legend = scene.legend() + (prompts.legend(clicked=True) if asked else [])
    return compose([*scene.overview(canvas), *further, *asked], 3, describe(sample), legend)


def _pipeline_colors(sample: Sample) -> dict[str, np.ndarray]:
    colors = {'superpoints': superpoint_colors(sample.superpoints)}
    if sample.targets is not None and len(sample.targets.novel_masks):
        masks = sample.targets.novel_masks
        colors['novel masks'] = paint_labels(first_mask(masks, sample.superpoints), instance_colors(len(masks)))
    return colors
