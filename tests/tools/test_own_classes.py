"""Classes of one's own on rooms: weights for other classes, a short training and a test, through the command lines."""

import json
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

from uniseg3d.datasets.preparation.create_data import create_rooms
from uniseg3d.engine.config import load_config
from uniseg3d.registry import DATASETS
from uniseg3d.rooms.make import make_rooms
from uniseg3d.text.class_lists import class_list, label_table
from uniseg3d.transforms.text_prompts import common_labels
from uniseg3d.utils.errors import DataError

ROOT = Path(__file__).parents[2]
CONFIG, SCANNET = (f'configs/uniseg3d_1xb4_rooms{name}.py' for name in ('_own_classes', ''))
LOADERS = ('train_dataloader', 'val_dataloader', 'test_dataloader')


@pytest.fixture(scope='module')
def rooms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp('rooms')
    make_rooms(root, train=1, val=1, seed=2)
    assert not create_rooms(root, root).faults
    return root


@pytest.fixture(autouse=True)
def from_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)  # the config names its class list from there


def run_tool(monkeypatch: pytest.MonkeyPatch, name: str, *words: object) -> None:
    monkeypatch.setattr(sys, 'argv', [name, *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(f'tools/{name}.py', run_name='__main__')
        raise SystemExit(0)
    assert not ended.value.code


def settings(rooms: Path, **more: object) -> list[str]:
    values = {f'{loader}.dataset.data_root': rooms for loader in LOADERS}
    values |= {f'{loader}.num_workers': 0 for loader in LOADERS}
    return ['--cfg-options', *(f'{key}={value}' for key, value in (values | more).items())]


def test_a_training_starts_from_other_classes_and_is_tested(
    rooms: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = {'train_cfg.max_iters': 1, 'model.decoder.layers': 1, 'val_evaluator.min_points': 30}
    run_tool(monkeypatch, 'train', SCANNET, '--work-dir', tmp_path / 'a', *settings(rooms, **short))
    own = short | {'train_cfg.max_iters': 3, 'load_from': tmp_path / 'a'}
    run_tool(monkeypatch, 'train', CONFIG, '--work-dir', tmp_path / 'b', *settings(rooms, **own))
    log = '\n'.join(path.read_text() for path in (tmp_path / 'b').rglob('*.log'))
    assert 'taken over by name: wall, floor, table, bed;' in log and 'new, as they start: seat' in log
    dump = {'test_evaluator.dump': tmp_path / 'all.json', 'model.decoder.layers': 1}
    words = ['--work-dir', tmp_path / 'c', *settings(rooms, **{f'+{k}' if 'dump' in k else k: v for k, v in dump.items()})]
    run_tool(monkeypatch, 'test', CONFIG, tmp_path / 'b' / 'iter_3.pth', *words)
    found = json.loads((tmp_path / 'all.json').read_text())
    assert list(found['classes']['semantic']['iou']) == list(class_list('configs/own_classes.json').names)
    assert {'miou', 'all_ap', 'pq', 'Point Prompt mIoU', 'Text Prompt mIoU'} <= set(found['metrics'])


def test_labels_follow_the_own_list(rooms: Path) -> None:
    config = load_config(CONFIG)
    listed = class_list(config.classes)
    data = DATASETS.build(config.val_dataloader.dataset | {'data_root': str(rooms)})
    plain = DATASETS.build(load_config(SCANNET).val_dataloader.dataset | {'data_root': str(rooms)})
    own, scannet = data[0].targets, plain[0].targets
    names = class_list('scannet20').names
    for number, name in enumerate(names):  # chairs and sofas are seats
        mine = {'chair': 'seat', 'sofa': 'seat', 'desk': 'table', 'door': 'opening', 'window': 'opening'}.get(name, name)
        if mine in listed.names:
            assert (own.semantic[scannet.semantic == number] == listed.names.index(mine)).all()
    assert len(own.text_labels) and set(own.text_object_ids.tolist()) <= {-1, *own.object_ids.tolist()}
    for label, number in zip(own.text_labels.tolist(), own.text_object_ids.tolist(), strict=True):
        if number >= 0:
            assert label == own.labels[own.object_ids.tolist().index(number)]
    assert len(own.text_labels) < len(scannet.text_labels)  # sentences about toilets and pictures are left out


def test_common_labels_of_one_several_and_no_objects() -> None:
    meant = np.array([[1, 0, 0], [1, 1, 0], [1, 0, 1], [0, 0, 0]], bool)
    assert common_labels(meant, np.array([3, 3, 0])).tolist() == [3, 3, -1, -1]
    assert common_labels(np.zeros((2, 0), bool), np.zeros(0, np.int64)).tolist() == [-1, -1]
    assert common_labels(np.zeros((0, 2), bool), np.array([1, 2])).tolist() == []


def test_a_list_may_count_several_ids_as_one_class(tmp_path: Path) -> None:
    path = tmp_path / 'list.json'
    path.write_text(json.dumps({'names': ['floor', 'seat'], 'stuff': ['floor'], 'ids': [2, [5, 6]]}))
    listed = class_list(str(path))
    assert (listed.stuff, listed.things, listed.raw_ids) == ((0,), (1,), (2, 5))
    assert label_table(listed, 8).tolist() == [2, 2, 0, 2, 2, 1, 1, 2]


@pytest.mark.parametrize(
    'wrong', [{'ids': [1]}, {'ids': [1, 1]}, {'ids': [1, []]}, {'ids': [1, 'x']}, {'ids': [1, -2]}, {'stuff': ['wall']}]
)
def test_a_list_that_contradicts_itself_is_refused(tmp_path: Path, wrong: dict[str, object]) -> None:
    path = tmp_path / 'list.json'
    path.write_text(json.dumps({'names': ['floor', 'seat']} | wrong))
    with pytest.raises(DataError, match=next(iter(wrong))):
        class_list(str(path))
