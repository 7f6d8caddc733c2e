"""Rooms written as raw ScanNet, through every step of its preparation: recordings, frames, masks, info files, test split."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from uniseg3d.datasets.check import check_dataset
from uniseg3d.datasets.preparation.create_data import Options, create_rooms
from uniseg3d.datasets.preparation.export_frames import export_frames, frame_jobs, recorded_scenes
from uniseg3d.datasets.preparation.faults import Fault
from uniseg3d.datasets.preparation.lift_masks import LiftSettings, lift_scenes
from uniseg3d.engine.launch import run_test
from uniseg3d.engine.options import TestOptions
from uniseg3d.evaluation.functional.overlap import all_iou
from uniseg3d.io.arrays import read_bin, read_npz
from uniseg3d.io.images import read_map, write_png
from uniseg3d.io.infos import read_infos
from uniseg3d.rooms.make import make_rooms
from uniseg3d.text.class_lists import class_list

CONFIGS = Path(__file__).parents[2] / 'configs'
TRAIN, VAL, TEST = 'room0000_00', 'room0001_00', 'room0002_00'
LEAST = 15


@pytest.fixture(scope='module')
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training, a validation and a test room, the last without annotation, as a download would bring them."""
    root = tmp_path_factory.mktemp('räume')
    make_rooms(root, train=1, val=1, test=1, seed=5, recordings=True)
    shutil.move(root / 'frames', root / 'rendered')  # the frames are to come from the recordings
    shutil.rmtree(root / 'pseudo_masks')
    return root


@pytest.fixture(scope='module')
def prepared(raw: Path) -> Path:
    """The commands of the page, one after the other."""
    report = export_frames(frame_jobs(raw / 'scans', raw / 'frames', recorded_scenes(raw / 'scans'), every=1))
    assert report.faults == []
    create_rooms(raw, raw)
    write_2d_masks(raw)
    lifted = lift_scenes(settings(raw), [TRAIN, VAL])
    assert (lifted.lifted, lifted.faults) == (2, [])
    assert create_rooms(raw, raw, options=Options(('scanrefer', 'multi3drefer'), pickles=True)).faults == []
    return raw


def settings(root: Path, out: str = 'pseudo_masks') -> LiftSettings:
    return LiftSettings(root / 'scannet_instance_data', root / 'frames', root / 'masks', root / out, LEAST)


def write_2d_masks(root: Path) -> None:
    """What each pixel belongs to, numbered otherwise in every frame and at twice the size of the depth maps."""
    rng = np.random.default_rng(0)
    for path in (root / 'rendered').glob('*/instance/*.png'):
        ids = read_map(path)
        numbers = np.append(0, rng.permutation(int(ids.max())) + 1)
        masks = numbers[ids].astype(np.uint16).repeat(2, 0).repeat(2, 1)
        write_png(root / 'masks' / path.parts[-3] / path.name, masks)


def test_everything_is_there_and_sound(prepared: Path) -> None:
    assert check_dataset(prepared) == (5, [])  # those of the pickles once more
    for split, scene in (('train', TRAIN), ('val', VAL)):
        (info,) = read_infos(prepared / f'uniseg3d_infos_{split}.json')
        assert (info.scene_id, info.pseudo_masks_path) == (scene, f'{scene}.npz')
        assert {len(text.object_ids) > 1 for text in info.texts} == {True, False}
        assert any(text.object_ids == () for text in info.texts)
        fine = read_bin(prepared / 'semantic_mask_200' / f'{scene}.bin', np.int64, count=info.num_points)
        assert len(np.intersect1d(fine, class_list('scannet200').raw_ids)) > 5
    (test,) = read_infos(prepared / 'uniseg3d_infos_test.json')
    assert (test.scene_id, test.instance_mask_path) == (TEST, None)


def test_lifted_masks_are_the_objects_that_nobody_annotates(prepared: Path) -> None:
    for scene in (TRAIN, VAL):
        masks = read_npz(prepared / 'pseudo_masks' / f'{scene}.npz', 'masks')
        instance, semantic = (
            read_bin(prepared / f'{name}_mask' / f'{scene}.bin', np.int64) for name in ('instance', 'semantic')
        )
        known = np.isin(semantic, class_list('scannet20').raw_ids)
        assert masks.sum(0).max() == 1
        assert not masks[:, known].any()
        ids, sizes = np.unique(instance[(instance > 0) & ~known], return_counts=True)
        truth = instance == ids[sizes >= 2 * LEAST][:, None]
        assert len(truth)
        best = all_iou(truth, masks, np.ones(len(instance))).max(1)
        assert (best > 0.5).mean() > 0.7, best


def test_damaged_frames_and_scenes_are_named_and_the_rest_is_lifted(prepared: Path, tmp_path: Path) -> None:
    root = tmp_path / 'copy'
    root.mkdir()
    for part in ('frames', 'masks', 'scannet_instance_data'):
        shutil.copytree(prepared / part, root / part)
    folder = root / 'frames' / TRAIN
    (folder / 'pose' / '0.txt').unlink()
    (folder / 'pose' / '1.txt').write_text('-inf ' * 16)  # lost: simply not used
    (folder / 'depth' / '2.png').write_bytes(b'')
    (root / 'masks' / TRAIN / '3.png').write_bytes((root / 'masks' / TRAIN / '3.png').read_bytes()[:50])
    shutil.rmtree(root / 'masks' / VAL)
    report = lift_scenes(settings(root), [TRAIN, VAL, 'room0009_00'])
    assert (report.lifted, report.finished) == (1, 0)
    assert [fault.item for fault in report.faults] == [TRAIN] * 3 + [VAL, 'room0009_00']
    words = ('0.txt', '2.png', '3.png', 'holds no masks', 'room0009_00_vert.npy')
    assert all(word in fault.reason for word, fault in zip(words, report.faults, strict=True))
    again = lift_scenes(settings(root), [TRAIN])
    assert (again.lifted, again.finished, again.faults) == (0, 1, [])
    assert report.faults[0] == Fault(TRAIN, report.faults[0].reason)


def options(name: str, root: Path, work: Path, **chosen: object) -> TestOptions:
    places = {f'test_dataloader.dataset.{key}': value for key, value in chosen.pop('dataset', {}).items()}  # type: ignore[attr-defined]
    places |= {'test_dataloader.dataset.data_root': str(root), 'test_dataloader.num_workers': 0}
    places['test_dataloader.persistent_workers'] = False
    config = str(CONFIGS / f'{name}.py')
    return TestOptions(config=config, checkpoint='untrained', work_dir=str(work), overrides=places, **chosen)  # type: ignore[arg-type]


def test_a_model_is_measured_on_all_tasks_and_on_scannet200(prepared: Path, tmp_path: Path) -> None:
    metrics = run_test(options('uniseg3d_1xb4_rooms', prepared, tmp_path / 'a'))
    assert {'miou', 'all_ap', 'pq', 'Point Prompt AP', 'Text Prompt mIoU', 'objects_ap'} <= metrics.keys()
    assert {'Text F1@0.5', 'Text acc@0.5 mt', 'Text acc@0.5 no object', 'Text choice'} <= metrics.keys()
    metrics = run_test(options('uniseg3d_1xb4_rooms_scannet200', prepared, tmp_path / 'b'))
    assert {'open_ap', 'open_ap_50% head', 'open_ap_25% base', 'open_ap novel'} <= metrics.keys()
    assert 'miou' not in metrics


def test_submissions_for_the_split_that_nobody_annotated(prepared: Path, tmp_path: Path) -> None:
    unlabelled = {'info_file': 'uniseg3d_infos_test.json'}
    folder = tmp_path / 'submission'
    chosen = options('uniseg3d_1xb4_rooms', prepared, tmp_path / 'w', dataset=unlabelled, format_only=str(folder))
    assert run_test(chosen) == {'scenes_written': 1}
    (info,) = read_infos(prepared / 'uniseg3d_infos_test.json')
    semantic = np.loadtxt(folder / f'{TEST}.txt', dtype=int)
    assert semantic.shape == (info.num_points,)
    assert set(semantic) <= set(class_list('scannet20').raw_ids)
    for line in (folder / 'instance' / f'{TEST}.txt').read_text().splitlines():
        name, number, score = line.split()
        assert np.loadtxt(folder / 'instance' / name, dtype=int).shape == semantic.shape
        assert int(number) in class_list('scannet20').raw_ids
        assert 0 <= float(score) <= 1
