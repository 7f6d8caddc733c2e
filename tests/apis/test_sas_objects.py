"""What people do with a distilled network: texts, objects, masks of others, gaussians; by the commands that they type."""

import json
import re
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from posed_frames import BOXES
from sas_scans import NAMES, SCENE, make_config, run_all, write_scan

from uniseg3d.apis.sas_gaussians import frame_features, name_gaussians, network_features
from uniseg3d.apis.sas_objects import class_agnostic, grouped_objects, named_masks, score_objects
from uniseg3d.apis.sas_scenes import DistilledScenes
from uniseg3d.apis.sas_setup import Priors
from uniseg3d.demo.shown_files import read_shown
from uniseg3d.io.gaussians import read_gaussians, write_gaussians
from uniseg3d.io.point_features import read_point_features
from uniseg3d.io.predictions import write_prediction
from uniseg3d.registry import DATASETS, MODELS
from uniseg3d.structures import MaskSet, Prediction, SceneBatch
from uniseg3d.structures.gaussians import Gaussians
from uniseg3d.text.class_lists import class_list, named_classes
from uniseg3d.utils.errors import ConfigError, DataError

TOOLS = Path(__file__).parents[2] / 'tools' / 'sas'


@pytest.fixture(scope='module')
def root(tmp_path_factory):
    """A scan through all stages, and a network that learned its fused features in a few steps."""
    root = tmp_path_factory.mktemp('sas')
    write_scan(root)
    config = make_config(root)
    run_all(Priors(config))
    torch.manual_seed(0)
    model, batch = MODELS.build(config.model), SceneBatch([DATASETS.build(config.train_dataloader.dataset)[0]])
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    for _ in range(30):
        optimizer.zero_grad()
        sum(model(batch, 'loss').values()).backward()
        optimizer.step()
    for _ in range(30):
        model(batch, 'tensor')  # the statistics of the scene
    torch.save({'state_dict': model.state_dict()}, root / 'weights.pth')
    config.dump(root / 'config.py')
    return root


@pytest.fixture(scope='module')
def scenes(root):
    return DistilledScenes(make_config(root), root / 'weights.pth')


@pytest.fixture(scope='module')
def classes(root):
    return class_list(str(root / 'classes.json'))


def called(monkeypatch, capsys, name, *args):
    monkeypatch.setattr(sys, 'argv', [f'{name}.py', *map(str, args)])
    with pytest.raises(SystemExit) as end:
        runpy.run_path(str(TOOLS / f'{name}.py'), run_name='__main__')
    return int(end.value.code or 0), capsys.readouterr()


@pytest.mark.parametrize('name', sorted(path.stem for path in TOOLS.glob('*.py')))
def test_every_command_has_an_example(monkeypatch, capsys, name):
    code, said = called(monkeypatch, capsys, name, '--help')
    assert code == 0 and re.search(rf'Examples?:\n.*tools/sas/{name}\.py', said.out, re.DOTALL)


def test_points_of_a_class_that_touch_are_an_object(scenes, classes):
    found = grouped_objects(scenes, scenes.sample(SCENE), classes, least=20)
    assert sorted(found.instances.labels.tolist()) == [0, 1]  # a chair and a table; a floor has no instances
    for row, label in enumerate(found.instances.labels.tolist()):
        assert found.instances.masks[row].nonzero().flatten().tolist() == [label + 1]
    assert found.semantic.tolist() == [0, 1, 2]
    assert not len(grouped_objects(scenes, scenes.sample(SCENE), classes, least=10**6).instances)


def test_any_names(scenes):
    classes = named_classes(['floor', 'table', 'zebra'], ['floor', 'wall'])
    assert classes.thing_names == ('table', 'zebra')
    found = grouped_objects(scenes, scenes.sample(SCENE), classes, least=20)
    assert 0 in found.instances.labels.tolist()
    with pytest.raises(ConfigError, match='all different'):
        named_classes(['floor', 'floor'])


def masks_of(sample, labels=(5, 5, 5)):
    masks = torch.tensor([[False, True, False], [False, False, True], [False, True, False]])
    found = MaskSet(masks, torch.tensor([0.5, 0.8, 0.9]), torch.tensor(labels))
    return Prediction(sample.scene.scene_id, sample.superpoints, instances=found)


def test_masks_of_another_network_get_names(scenes, classes):
    sample = scenes.sample(SCENE)
    answer = named_masks(scenes, sample, masks_of(sample), classes)
    assert len(answer.instances) == 2 and sorted(answer.instances.labels.tolist()) == [0, 1]
    assert answer.instances.scores.tolist() == sorted(answer.instances.scores.tolist(), reverse=True)
    other = named_masks(scenes, sample, masks_of(sample, labels=(0, 1, 2)), classes)  # what they were called is no evidence
    assert torch.equal(other.instances.labels, answer.instances.labels)
    metrics = score_objects(scenes, lambda one: named_masks(scenes, one, masks_of(one), classes), str_of(scenes), min_points=10)
    assert metrics['all_ap_50%'] == 1 and metrics['miou'] > 0.9


def str_of(scenes):
    return scenes.config.model.classes


def test_no_masks_and_masks_of_another_cloud(scenes, classes):
    sample = scenes.sample(SCENE)
    none = MaskSet(torch.zeros(0, 3, dtype=torch.bool), torch.zeros(0), torch.zeros(0, dtype=torch.int64))
    empty = Prediction(SCENE, sample.superpoints, objects=none)
    assert not len(named_masks(scenes, sample, empty, classes).instances)
    with pytest.raises(DataError, match='holds no instances'):
        class_agnostic(Prediction(SCENE, sample.superpoints))
    from uniseg3d.structures import Superpoints

    with pytest.raises(DataError, match='the same cloud'):
        named_masks(scenes, sample, Prediction(SCENE, Superpoints(torch.arange(3)), objects=none), classes)


def gaussians_at(places):
    count = len(places)
    turn = torch.tensor([[1.0, 0, 0, 0]]).expand(count, 4).contiguous()
    return Gaussians(places, torch.full((count, 3), 0.02), turn, torch.full((count,), 0.9), torch.zeros(count, 3, 1))


def test_gaussians_are_named_by_the_network_and_by_photos(root, scenes):
    boxes = [(*(np.array(corner) + 0.25), 0.0) for corner, _ in BOXES.values()]
    places = torch.tensor([*boxes, (0.0, 0.0, 50.0)], dtype=torch.float32)
    texts = scenes.texts.classes(NAMES)
    found = network_features(scenes, SCENE, places)
    assert name_gaussians(gaussians_at(places), found, texts).semantic.tolist() == [2, 3, 0]  # chair, table, far away
    lifted = frame_features(Priors(make_config(root)), SCENE, places)
    assert name_gaussians(gaussians_at(places), lifted, texts).semantic.tolist() == [2, 3, 0]
    nothing = network_features(scenes, SCENE, places[:0])
    assert len(name_gaussians(gaussians_at(places[:0]), nothing, texts)) == 0


def test_commands_write_what_the_viewer_opens(root, tmp_path, monkeypatch, capsys):
    common = (root / 'config.py', root / 'weights.pth', '--scene', SCENE)
    code, _ = called(monkeypatch, capsys, 'query_scene', *common, '--text', 'a chair', '--folder', tmp_path / 'query')
    shown = read_shown(tmp_path / 'query')
    assert code == 0 and list(shown.layers) == ['rgb', '“a chair”'] and len(shown.xyz) == 1600
    code, said = called(
        monkeypatch, capsys, 'find_objects', *common, '--least', 20, '--folder', tmp_path / 'objects', '--names', 'floor, chair'
    )
    layers = read_shown(tmp_path / 'objects').layers
    assert code == 0 and 'chair' in said.out and {'rgb', 'semantic', 'instances'} == set(layers)
    assert {entry.title for entry in layers['semantic'].legend} <= {'floor', 'chair'}
    objects = json.loads((tmp_path / 'objects' / 'summary.json').read_text())['instances']
    assert objects and objects[0]['class'] == 'chair' and objects[0]['box_metres']


def test_objects_of_dumped_masks_by_command(root, scenes, tmp_path, monkeypatch, capsys):
    sample = scenes.sample(SCENE)
    write_prediction(tmp_path / f'{SCENE}.npz', masks_of(sample))
    common = (root / 'config.py', root / 'weights.pth')
    code, said = called(monkeypatch, capsys, 'find_objects', *common, '--score', '--masks', tmp_path)
    assert code == 0 and 'all_ap_50%' in said.out
    for wrong in (('--score', '--scene', SCENE), (), ('--score', '--names', 'chair')):
        code, said = called(monkeypatch, capsys, 'find_objects', *common, *wrong)
        assert code != 0 and '--score' in said.err


def test_gaussians_by_command(root, tmp_path, monkeypatch, capsys):
    pose = root / 'frames' / SCENE / 'pose' / '1.txt'
    motion = torch.from_numpy(np.loadtxt(pose)).float()
    places = torch.tensor([[*(np.array(corner) + 0.25), 0.0] for corner, _ in BOXES.values()], dtype=torch.float32)
    write_gaussians(tmp_path / 'in.ply', gaussians_at((places - motion[:3, 3]) @ motion[:3, :3]))  # as that camera sees them
    given = ('--scene', SCENE, '--gaussians', tmp_path / 'in.ply', '--pose', pose, '--out', tmp_path / 'out.ply')
    for checkpoint in ((root / 'weights.pth',), ()):
        features = tmp_path / 'features.safetensors'
        code, said = called(
            monkeypatch, capsys, 'name_gaussians', root / 'config.py', *checkpoint, *given, '--features', features
        )
        assert code == 0 and 'chair' in said.out, said.err
        assert read_gaussians(tmp_path / 'out.ply').gaussians.semantic.tolist() == [2, 3]
        assert read_point_features(features, 2).seen.all()
    pose.with_name('9.txt').write_text('\n'.join(['-inf -inf -inf -inf'] * 4))
    lost = [pose.with_name('9.txt') if one == pose else one for one in given]
    code, said = called(monkeypatch, capsys, 'name_gaussians', root / 'config.py', root / 'weights.pth', *lost)
    assert code != 0 and 'camera was lost' in said.err
