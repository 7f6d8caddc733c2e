"""What programs ask of ``uniseg3d.apis``: scans, photos, prompts of all kinds, and files that cannot be read."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from soaking.asking import Ask
from soaking.material import Material
from uniseg3d.apis import Click, ImagesInferencer, PhotoClick, SceneInferencer
from uniseg3d.apis.infer_files import infer_files
from uniseg3d.apis.result_files import Request

TEXTS = ['the chair next to the table', 'the largest plant']
NAMES = ['chair', 'table', 'lamp']


def of_scans(points: SceneInferencer, material: Material) -> Iterator[Ask]:
    """Each read anew or held open, without prompts and with those of each kind."""
    for scan, places in zip(material.scans, material.places, strict=True):
        opened = points.open(scan)
        corrected = [[Click(places[0]), Click(places[1], positive=False)], [Click(places[2])]]
        yield Ask(f'{scan.stem}: read, no prompt', partial(points, scan))
        yield Ask(f'{scan.stem}: read, clicks', partial(points, scan, places))
        yield Ask(f'{scan.stem}: open, corrected clicks', partial(points, opened, corrected))
        yield Ask(f'{scan.stem}: open, sentences', partial(points, opened, texts=TEXTS))
        yield Ask(f'{scan.stem}: open, names', partial(points, opened, classes=NAMES))
        yield Ask(f'{scan.stem}: to files', partial(written, points, scan))


def written(points: SceneInferencer, scan: Path) -> dict[str, bytes]:
    """The files that ``uniseg3d infer`` leaves."""
    with TemporaryDirectory() as folder:
        infer_files(points, [scan], folder, Request(texts=TEXTS, names=NAMES, pictures=False))
        found = sorted(path for path in Path(folder).rglob('*') if path.is_file())
        return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def of_photos(images: ImagesInferencer, material: Material) -> Iterator[Ask]:
    """Reconstructed anew each time."""
    first = min(path.name for path in material.photos.iterdir())
    yield Ask('photos: points and cameras', partial(reconstructed, images, material.photos))
    yield Ask('photos: a click and a sentence', partial(images, material.photos, [PhotoClick(first, (80, 90))], TEXTS[:1]))


def reconstructed(images: ImagesInferencer, photos: Path) -> list[Any]:
    """Points, colours and cameras of photos."""
    scene = images.open(photos).reconstruction
    return [scene.points.tobytes(), scene.colors.tobytes(), scene.poses]


def of_refusals(points: SceneInferencer, material: Material) -> Iterator[Ask]:
    """What is answered by a sentence."""
    for path in material.damaged:
        yield Ask(f'{path.name}: cannot be read', partial(points, path))
    yield Ask('no such file', partial(points, material.scans[0].with_name('none.ply')))
    yield Ask('an empty sentence', partial(points, material.scans[0], texts=['']))
    yield Ask('a click far outside', partial(points, material.scans[0], clicks=[(1e6, 0.0, 0.0)]))
