"""Exported scenes to a data set that trains: binary arrays and one info file per split."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from uniseg3d.datasets.preparation.conversion import ConversionJob, ConvertedScene, convert_or_fault
from uniseg3d.datasets.preparation.descriptions import SOURCES
from uniseg3d.datasets.preparation.export_batch import (
    ExportSettings,
    array_path,
    exported_as_scannet200,
    read_scene_names,
)
from uniseg3d.datasets.preparation.export_scannet import export_scannet
from uniseg3d.datasets.preparation.faults import Fault
from uniseg3d.datasets.preparation.object_names import CLASS_LIST, SOURCE, add_names, read_object_names, write_open_names
from uniseg3d.datasets.preparation.original_infos import write_original_infos
from uniseg3d.datasets.preparation.texts import describe_scenes
from uniseg3d.datasets.scene_dataset import FOLDERS
from uniseg3d.io.infos import write_infos
from uniseg3d.io.scene_info import SceneInfo
from uniseg3d.text.class_lists import class_list, meta_path
from uniseg3d.utils.errors import ConfigError, DataError
from uniseg3d.utils.files import write_bytes
from uniseg3d.utils.parallel import run_jobs

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


@dataclass(frozen=True)
class Options:
    """How a data set is made from its roots."""

    texts: tuple[str, ...] = ('scanrefer',)  # names in SOURCES
    pickles: bool = False  # also write the original's info pickles
    workers: int = 1

    def __post_init__(self) -> None:
        if unknown := sorted(set(self.texts) - set(SOURCES)):
            raise ConfigError(f'sentences come from {", ".join(SOURCES)}; got {", ".join(unknown)}')


@dataclass
class CreatedData:
    """What was made, and what could not be."""

    info_files: list[Path] = field(default_factory=list)  # train, val, test
    faults: list[Fault] = field(default_factory=list)


def create_scannet(root: Path, out: Path, tag: str = 'scannet', options: Options | None = None) -> CreatedData:
    """Convert scans that ``batch_load_scannet_data.py`` exported."""
    return _create(DataRoots('scannet', root, out, tag), options or Options(), [])


def create_rooms(root: Path, out: Path, tag: str = 'rooms', options: Options | None = None) -> CreatedData:
    """Export the scans of the procedural rooms and convert them."""
    if not (root / 'scans').is_dir():
        raise DataError(f'{root / "scans"} does not exist; make the rooms first: python tools/make_rooms.py --out {root}')
    roots, options = DataRoots('rooms', root, out, tag), options or Options()
    report = export_scannet(
        # rooms are scanned every 5 cm: too coarse for superpoints of the mesh, whose smallest have 20 vertices
        ExportSettings(root / EXPORT_FOLDER, roots.meta('scannetv2-labels.combined.tsv'), superpoints='cloud'),
        train=(root / 'scans', roots.meta('scannet_train.txt')),
        test=(root / 'scans_test', roots.meta('scannetv2_test.txt')),
        workers=options.workers,
    )
    return _create(roots, options, report.faults)


def _create(roots: DataRoots, options: Options, faults: list[Fault]) -> CreatedData:
    made = CreatedData(faults=list(faults))
    splits = {split: _exported(roots, split, made) for split in SPLITS}
    infos = {split: _create_split(roots, options, split, names, made) for split, names in splits.items()}
    write_open_names(roots.out / CLASS_LIST, infos)
    return made


def _exported(roots: DataRoots, split: str, made: CreatedData) -> list[str]:
    """Scenes of a split that have been exported; some must be, only the test split may be missing as a whole."""
    names = read_scene_names(roots.meta(f'scannetv2_{split}.txt'))
    folder = roots.root / EXPORT_FOLDER
    missing = [name for name in names if not array_path(folder, name, 'vert').exists()]
    if split == 'test' and missing == names:
        if names:
            print(f'note: none of the {len(names)} test scans was exported, the test split stays empty')
        return []
    said = {fault.item for fault in made.faults}  # the export gave the reason
    if missing and len(missing) == len(names) and not said.issuperset(missing):
        raise DataError(
            f'{folder} has none of the {len(names)} {split} scans (the first is {missing[0]}); '
            f'put the raw scans into {roots.root / "scans"} and run batch_load_scannet_data.py inside {roots.root}'
        )
    reason = f'not exported to {folder}; run batch_load_scannet_data.py inside {roots.root} again'
    made.faults += [Fault(name, reason) for name in missing if name not in said]
    return [name for name in names if name not in missing]


def _create_split(roots: DataRoots, options: Options, split: str, names: Sequence[str], made: CreatedData) -> list[SceneInfo]:
    folder = roots.root / EXPORT_FOLDER
    fine = exported_as_scannet200(folder)
    jobs = [ConversionJob(folder, roots.out, name, split != 'test', fine) for name in names]
    results = run_jobs(convert_or_fault, jobs, options.workers, f'converting {split}')
    made.faults += [result for result in results if isinstance(result, Fault)]
    scenes = [result for result in results if isinstance(result, ConvertedScene)]
    called = read_object_names(roots.root / SOURCE)
    for info, _ in scenes:
        info.pseudo_masks_path = _pseudo_masks(roots, info.scene_id)
        add_names(info, called.get(info.scene_id, {}))
    said, faults = 'no sentences', list[Fault]()
    if split != 'test':
        said, faults = describe_scenes(roots.root, options.texts, split, scenes)
    made.faults += faults
    return _write_split(roots, options, split, [info for info, _ in scenes], said, made)


def _write_split(
    roots: DataRoots, options: Options, split: str, infos: list[SceneInfo], said: str, made: CreatedData
) -> list[SceneInfo]:
    path = roots.info_file(split)
    categories = {name: index for index, name in enumerate(class_list('scannet20').thing_names)}
    write_infos(path, infos, roots.dataset, categories)
    made.info_files.append(path)
    if options.pickles and split != 'test':
        write_original_infos(path.with_suffix('.pkl'), infos, roots.out, roots.dataset, categories)
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
