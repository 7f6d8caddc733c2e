"""Exported scenes to a data set that trains: binary arrays and one info file per split."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from uniseg3d.datasets.preparation.conversion import ConversionJob, convert_scene
from uniseg3d.datasets.preparation.descriptions import add_texts, read_descriptions
from uniseg3d.datasets.preparation.export_batch import (
    ExportSettings,
    array_path,
    exported_as_scannet200,
    read_scene_names,
)
from uniseg3d.datasets.preparation.export_scannet import export_scannet
from uniseg3d.datasets.preparation.object_names import CLASS_LIST, SOURCE, add_names, read_object_names, write_open_names
from uniseg3d.datasets.scene_dataset import FOLDERS
from uniseg3d.io.infos import write_infos
from uniseg3d.io.scene_info import SceneInfo
from uniseg3d.text.class_lists import class_list, meta_path
from uniseg3d.utils.errors import DataError
from uniseg3d.utils.files import write_bytes
from uniseg3d.utils.parallel import run_jobs
from uniseg3d.utils.progress import track

EXPORT_FOLDER = 'scannet_instance_data'
SPLITS = ('train', 'val', 'test')


@dataclass(frozen=True)
class DataRoots:
    """Where a data set comes from and goes to."""

    dataset: str  # 'scannet' | 'rooms'
    root: Path  # raw scans, meta_data/, descriptions, pseudo_masks/
    out: Path  # points/, super_points/, ..., info files
    tag: str  # prefix of the info files; the name of the data set stands for 'uniseg3d'

    def info_file(self, split: str) -> Path:
        """Info file of a split."""
        return self.out / f'{"uniseg3d" if self.tag == self.dataset else self.tag}_infos_{split}.json'

    def meta(self, name: str) -> Path:
        """List in ``meta_data``; for ScanNet the package's own copy where the folder has none."""
        path = self.root / 'meta_data' / name
        return path if path.exists() or self.dataset != 'scannet' else meta_path(f'scannet/{name}')


def create_scannet(root: Path, out: Path, tag: str = 'scannet', workers: int = 1) -> list[Path]:
    """Convert scans that ``batch_load_scannet_data.py`` exported; returns the info files."""
    return _create(DataRoots('scannet', root, out, tag), workers)


def create_rooms(root: Path, out: Path, tag: str = 'rooms', workers: int = 1) -> list[Path]:
    """Export the scans of the procedural rooms and convert them; returns the info files."""
    if not (root / 'scans').is_dir():
        raise DataError(f'{root / "scans"} does not exist; make the rooms first: python tools/make_rooms.py --out {root}')
    roots = DataRoots('rooms', root, out, tag)
    report = export_scannet(
        # rooms are scanned every 5 cm: too coarse for superpoints of the mesh, whose smallest have 20 vertices
        ExportSettings(root / EXPORT_FOLDER, roots.meta('scannetv2-labels.combined.tsv'), superpoints='cloud'),
        train=(root / 'scans', roots.meta('scannet_train.txt')),
        test=(root / 'scans_test', roots.meta('scannetv2_test.txt')),
        workers=workers,
    )
    if report.failures:
        raise DataError(f'{len(report.failures)} scans could not be exported, see above; make these rooms again')
    return _create(roots, workers)


def _create(roots: DataRoots, workers: int) -> list[Path]:
    splits = {split: _exported(roots, split) for split in SPLITS}
    infos = {split: _create_split(roots, split, names, workers) for split, names in splits.items()}
    write_open_names(roots.out / CLASS_LIST, infos)
    return [roots.info_file(split) for split in SPLITS]


def _exported(roots: DataRoots, split: str) -> list[str]:
    """Scenes of a split; all must have been exported, only the test split may be missing as a whole."""
    names = read_scene_names(roots.meta(f'scannetv2_{split}.txt'))
    folder = roots.root / EXPORT_FOLDER
    missing = [name for name in names if not array_path(folder, name, 'vert').exists()]
    if split == 'test' and missing == names:
        if names:
            print(f'note: none of the {len(names)} test scans was exported, the test split stays empty')
        return []
    if missing:
        raise DataError(
            f'{folder} lacks {len(missing)} of the {len(names)} {split} scans (the first is {missing[0]}); '
            f'put the raw scans into {roots.root / "scans"} and run batch_load_scannet_data.py inside {roots.root}'
        )
    return names


def _create_split(roots: DataRoots, split: str, names: Sequence[str], workers: int) -> list[SceneInfo]:
    folder = roots.root / EXPORT_FOLDER
    fine = exported_as_scannet200(folder)
    jobs = [ConversionJob(folder, roots.out, name, split != 'test', fine) for name in names]
    infos = run_jobs(convert_scene, jobs, workers, f'converting {split}')
    called = read_object_names(roots.root / SOURCE)
    for info in infos:
        info.pseudo_masks_path = _pseudo_masks(roots, info.scene_id)
        add_names(info, called.get(info.scene_id, {}))
    said = _describe(roots, split, infos)
    things = class_list('scannet20').thing_names
    path = roots.info_file(split)
    write_infos(path, infos, roots.dataset, {name: index for index, name in enumerate(things)})
    print(f'{path}: {len(infos)} scenes, {sum(len(info.instances) for info in infos)} objects, {said}')
    return infos


def _pseudo_masks(roots: DataRoots, scene_id: str) -> str | None:
    """Name of the scene's pseudo masks, copied to the output folder where that is another one."""
    name = f'{scene_id}.npz'
    source, target = (folder / FOLDERS['novel'] / name for folder in (roots.root, roots.out))
    if not source.exists():
        return None
    if source.resolve() != target.resolve():
        target.parent.mkdir(parents=True, exist_ok=True)
        if not (target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns):
            write_bytes(target, source.read_bytes())
    return name


def _describe(roots: DataRoots, split: str, infos: Sequence[SceneInfo]) -> str:
    """Add the sentences to the scenes and say in words how many there are."""
    path = roots.root / f'ScanRefer_filtered_{split}.json'
    if split == 'test' or not path.exists():
        return 'no sentences' if split == 'test' else f'no sentences ({path.name} is not there)'
    descriptions = read_descriptions(path)
    total = sum(len(sentences) for info in infos for sentences in descriptions.get(info.scene_id, {}).values())
    kept = sum(add_texts(info, descriptions.get(info.scene_id, {})) for info in track(infos, f'tokenising {split}'))
    return f'{kept} sentences ({total - kept} dropped: their objects are outside the 18 thing classes)'
