"""Many files through one model: what fails is said at the end, the rest is done."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from uniseg3d.apis.lift_then_segment import LiftedScene, placed_clicks
from uniseg3d.apis.opened_scene import OpenedScene
from uniseg3d.apis.photo_source import scene_name
from uniseg3d.apis.result_files import Request, ResultWriter
from uniseg3d.apis.scene_inferencer import SceneInferencer
from uniseg3d.engine.resume import announce
from uniseg3d.text.class_lists import class_list, class_list_names
from uniseg3d.utils.errors import ConfigError, UniSeg3DError
from uniseg3d.utils.files import require_writable
from uniseg3d.utils.memory import memory_explained

Opener = Callable[[Path], OpenedScene | LiftedScene]


@dataclass
class FileResult:
    """What became of one file."""

    source: Path
    folder: Path
    written: list[Path] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)  # points, superpoints, instances, ...
    notes: list[str] = field(default_factory=list)  # what was guessed about the file
    left_out: list[str] = field(default_factory=list)  # what was asked and cannot be answered about this file
    error: str | None = None  # why there is no result


def infer_files(
    inferencer: SceneInferencer,
    files: Sequence[Path],
    out: str | Path,
    request: Request | None = None,
    open_scene: Opener | None = None,
) -> list[FileResult]:
    """Answer ``request`` about every file, into a folder of its name below ``out``.

    open_scene: what makes a scene of a file; by default ``inferencer.open``, which reads clouds.
    """
    require_writable(out)
    unknown = None if request is None or request.names is None else inferencer.check_names(request.names)
    if unknown:
        announce(f'note: {unknown}')
    folders = {file: Path(out) / scene_name(file) for file in files}
    if len(set(folders.values())) < len(folders):
        folders = {file: Path(out) / file.name for file in files}  # scan.ply beside scan.obj
    open_scene = open_scene or inferencer.open
    return [_try_one(inferencer, file, folder, request or Request(), open_scene) for file, folder in folders.items()]


def names_given(text: str) -> list[str]:
    """Class names as people give them: ``chair,lamp``, a .txt file with one per line, a .json class list, or a list's name."""
    path = Path(text)
    if path.suffix == '.txt':
        try:
            names = [line.strip() for line in path.read_text(encoding='utf-8-sig').splitlines()]
        except (OSError, ValueError) as error:
            raise ConfigError(f'cannot read the class names in {path}: {error}') from error
    elif path.suffix == '.json':
        names = list(class_list(text).names)
    else:
        names = listed_names(text)
    found = unique_names(names)
    if not found:
        raise ConfigError(f'{text!r} names no class; give names with commas, a .txt or .json file, or a class list')
    return found


def listed_names(text: str) -> list[str]:
    """Names that commas part, or those of the class list that is called so; never a file."""
    name = text.strip()
    return list(class_list(name).names) if name in class_list_names() else unique_names(text.split(','))


def unique_names(names: Iterable[str]) -> list[str]:
    """Each name once, without blanks around it; empty ones are none."""
    return list(dict.fromkeys(name.strip() for name in names if name.strip()))


def _try_one(inferencer: SceneInferencer, file: Path, folder: Path, request: Request, open_scene: Opener) -> FileResult:
    result = FileResult(file, folder)
    try:
        with memory_explained(lambda: 'close other programs, or give a smaller tile'):
            _one(inferencer, result, request, open_scene)
    except UniSeg3DError as error:
        result.error = str(error) if str(file) in str(error) else f'{file}: {error}'
    return result


def _one(inferencer: SceneInferencer, result: FileResult, request: Request, open_scene: Opener) -> None:
    announce(f'{result.source}')
    found = open_scene(result.source)
    scene = found.opened if isinstance(found, LiftedScene) else found
    result.notes = scene.cloud.notes
    for note in result.notes:
        announce(f'  note: {note}')
    placed, faults = placed_clicks(found, request.clicks)
    clicks, far = scene.within_reach(placed)
    result.left_out = [*faults, *far]
    request = replace(request, clicks=clicks)
    prediction = inferencer(scene, clicks, request.texts, request.names)
    writer = ResultWriter(result.folder, scene, prediction, request, inferencer.classes)
    result.written = writer.write(inferencer.make_sample.classes)
    result.counts = {'points': len(scene.cloud), 'superpoints': len(prediction.superpoints), 'tiles': len(scene.tiles)}
    for task in ('instances', 'named', 'clicks', 'texts'):
        masks = getattr(writer.prediction, task)
        result.counts[task] = 0 if masks is None else len(masks)
