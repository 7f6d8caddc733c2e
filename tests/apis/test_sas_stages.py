"""All stages of SAS on a tiny scene: experts, pictures, capabilities, fusion; interruptions and bad input."""

import json

import numpy as np
import pytest
import torch
from mmengine.config import Config
from posed_frames import HEIGHTS, boxes_at, ground, write_frames

from uniseg3d.apis.sas_capability import capabilities, class_photos, measure_capability, refine_masks, synthesize_images
from uniseg3d.apis.sas_extract import extract_priors
from uniseg3d.apis.sas_fuse import fuse_scenes
from uniseg3d.apis.sas_lifted_scores import feature_scores, frame_scores, rank_correlation, scored_scenes, shuffled
from uniseg3d.apis.sas_report import capability_table
from uniseg3d.apis.sas_setup import Priors
from uniseg3d.apis.sas_table import feature_table
from uniseg3d.io.arrays import write_bin
from uniseg3d.io.images import write_jpeg, write_png
from uniseg3d.io.infos import write_infos
from uniseg3d.io.point_features import read_point_features
from uniseg3d.io.scene_info import SceneInfo
from uniseg3d.priors.pixel_experts import DenseMap
from uniseg3d.registry import EXPERTS
from uniseg3d.rooms.class_pictures import folder_name
from uniseg3d.utils.errors import ConfigError, DataError

NAMES, IDS = ['floor', 'chair', 'table'], [2, 5, 7]  # nyu40
LABELS = np.array([3, 2, 4], dtype=np.uint16)  # label ids of the frames, for floor (no box), chair and table
TEXTS = {'encoder': {'type': 'HashedWords', 'dim': 16}}
SCENE = 'scene0000_00'


@EXPERTS.register_module(force=True)
class BoxPictures:
    """Draws a box on a floor."""

    def make(self, folder, classes):
        for cls in classes:
            for number in range(2):
                owner = np.zeros((64, 64), dtype=np.int64)
                owner[16:48, 16 + 4 * number : 40] = NAMES.index(cls)
                place = folder / folder_name(cls)
                write_png(place / 'label' / f'{number}.png', LABELS[owner])
                write_png(place / 'instance' / f'{number}.png', (10 * number + owner + 1).astype(np.uint16))
                write_png(place / 'rough' / f'{number}.png', (255 * (owner == NAMES.index(cls))).astype(np.uint8))
                write_jpeg(place / 'color' / f'{number}.jpg', np.full((64, 64, 3), 90, dtype=np.uint8))
        return dict.fromkeys(classes, 2)


@EXPERTS.register_module(force=True)
class SickExpert:
    """Says NaN about one photo of a scene, or about all."""

    def __init__(self, everywhere=False, width=16):
        self.everywhere, self.width = everywhere, width

    def describe(self, photos):
        bad = [self.everywhere or photo.name == '1' for photo in photos]
        return [DenseMap(torch.full((self.width, 24, 32), torch.nan if sick else 1.0)) for sick in bad]


@pytest.fixture
def root(tmp_path):
    write_frames(tmp_path / 'frames' / SCENE)
    for number in range(len(HEIGHTS)):
        write_png(tmp_path / 'frames' / SCENE / 'label' / f'{number}.png', LABELS[boxes_at(ground(number)) + 1])
    side = np.linspace(-0.9, 0.9, 40)
    places = np.stack(np.meshgrid(side, side), -1).reshape(-1, 2)
    owner = boxes_at(places) + 1
    points = np.column_stack([places, np.zeros(len(places)), np.full((len(places), 3), 99)])
    arrays = {'super_points': owner, 'semantic_mask': np.array(IDS)[owner], 'instance_mask': owner}
    write_bin(tmp_path / 'points' / f'{SCENE}.bin', points, np.float32)
    for folder, values in arrays.items():
        write_bin(tmp_path / folder / f'{SCENE}.bin', values, np.int64)
    name = f'{SCENE}.bin'
    infos = [SceneInfo(SCENE, name, name, instance_mask_path=name, semantic_mask_path=name, num_points=len(points))]
    for split in ('train', 'val'):
        write_infos(tmp_path / f'uniseg3d_infos_{split}.json', infos, 'rooms', {})
    (tmp_path / 'classes.json').write_text(json.dumps({'names': NAMES, 'ids': IDS}))
    return tmp_path


def priors(root, **changes):
    classes = str(root / 'classes.json')
    dataset = {
        split: {'type': 'SceneDataset', 'data_root': str(root), 'info_file': f'uniseg3d_infos_{split}.json', 'pipeline': []}
        for split in ('train', 'val')
    }
    expert = {'type': 'ProceduralExpert', 'texts': TEXTS, 'classes': classes, 'coarseness': 2}
    section = {
        'folder': str(root / 'sas'),
        'frames': str(root / 'frames'),
        'vocabulary': classes,
        'texts': TEXTS,
        'experts': {
            'chairs': dict(**expert, strengths={'chair': 1.0, 'table': 0.0, 'floor': 1.0}, groups=[('table', 'floor')]),
            'tables': dict(
                **expert, strengths={'chair': 0.0, 'table': 1.0, 'floor': 1.0}, groups=[('chair', 'floor')], noise=0.3
            ),
        },
        'pictures': {'type': 'BoxPictures'},
        'refiner': {'type': 'KnownSegments'},
        'border': 0,
    }
    return Priors(Config({f'{s}_dataloader': {'dataset': one} for s, one in dataset.items()} | {'priors': section | changes}))


def run_all(setup):
    assert not extract_priors(setup)
    synthesize_images(setup)
    assert not refine_masks(setup)
    assert not measure_capability(setup)
    assert not fuse_scenes(setup)


def test_two_experts_know_more_than_either(root):
    setup = priors(root)
    run_all(setup)
    scenes = scored_scenes(setup, ['val'])
    alone = [feature_scores(setup, scenes, f'lifted/{name}').miou for name in ('chairs', 'tables')]
    together = feature_scores(setup, scenes, 'fused').miou
    assert together > 0.9 and together > max(alone) + 0.3
    skill = capabilities(setup, ['chairs', 'tables'])
    assert skill[0, 1] > 0.9 > 0.1 > skill[0, 2] and skill[1, 2] > 0.9
    assert rank_correlation(skill[0], frame_scores(setup, setup.expert('chairs'), scenes).iou) > 0.4
    assert 'chair' in capability_table(setup) and 'without_capability' in feature_table(setup, [0])


def test_everything_goes_on_where_it_stopped(root):
    setup = priors(root)
    run_all(setup)
    paths = [setup.lifted_path('chairs', SCENE), setup.capability_path('tables'), setup.fused_path(SCENE)]
    times = [path.stat().st_mtime_ns for path in paths]
    run_all(setup)
    assert [path.stat().st_mtime_ns for path in paths[::2]] == times[::2]
    known = json.loads(paths[1].read_text())
    del known['chair']
    known['table']['pooled'] = 0.123  # what was measured is not measured again
    paths[1].write_text(json.dumps(known))
    assert not measure_capability(setup, ['tables'])
    again = json.loads(paths[1].read_text())
    assert again['table']['pooled'] == 0.123 and 'chair' in again


def test_both_forms_of_files(root):
    for suffix in ('.pt', '.safetensors'):
        setup = priors(root, suffix=suffix, folder=str(root / suffix[1:]))
        assert not extract_priors(setup, ['chairs'])
    first, second = (
        read_point_features(root / kind / 'lifted' / 'chairs' / f'{SCENE}_0.{kind}') for kind in ('pt', 'safetensors')
    )
    assert torch.equal(first.features, second.features)


def test_an_expert_that_says_nan_about_one_photo_loses_that_photo(root):
    setup = priors(root, experts={'sick': {'type': 'SickExpert'}})
    faults = extract_priors(setup)
    assert len(faults) == 1 and 'photo 1' in faults[0].reason and 'not finite' in faults[0].reason
    assert read_point_features(setup.lifted_path('sick', SCENE)).features.isfinite().all()


@pytest.mark.parametrize('options', [{'everywhere': True}, {'width': 9}])
def test_an_expert_that_is_of_no_use_writes_nothing(root, options):
    setup = priors(root, experts={'sick': dict(type='SickExpert', **options)})
    faults = extract_priors(setup)
    assert 'nothing was written' in faults[-1].reason and not setup.lifted_path('sick', SCENE).exists()


def test_frames_that_are_missing_or_lost(root, capsys):
    setup, folder = priors(root), root / 'frames' / SCENE
    (folder / 'pose' / '0.txt').write_text('\n'.join(['-inf -inf -inf -inf'] * 4))
    (folder / 'depth' / '1.png').unlink()
    assert not extract_priors(setup, ['chairs'])  # the others suffice
    assert f'scene {SCENE}: left out without a finite pose or a depth map: 0, 1' in capsys.readouterr().out
    for path in (folder / 'pose').iterdir():
        path.write_text('\n'.join(['-inf -inf -inf -inf'] * 4))
    setup = priors(root, folder=str(root / 'again'))
    (fault,) = extract_priors(setup, ['chairs'])
    assert fault.item == SCENE and 'finite pose' in fault.reason


def test_a_class_that_no_expert_predicts(root):
    strengths = {'chair': 0.0, 'table': 0.0, 'floor': 1.0}
    expert = {'type': 'ProceduralExpert', 'texts': TEXTS, 'classes': str(root / 'classes.json'), 'strengths': strengths}
    setup = priors(root, experts={'blind': dict(**expert, groups=[('chair', 'floor'), ('table', 'floor')])})
    run_all(setup)
    assert capabilities(setup, ['blind'])[0].tolist()[1:] == [0, 0]
    assert feature_scores(setup, scored_scenes(setup, ['val']), 'fused').iou[1] == 0


def test_stages_in_the_wrong_order(root):
    setup = priors(root)
    with pytest.raises(DataError, match='synthesize_images'):
        refine_masks(setup)
    with pytest.raises(DataError, match='measure_capability'):
        fuse_scenes(setup)
    assert len(measure_capability(setup, ['chairs'])) == 3  # one for each class
    (fault,) = fuse_scenes(setup, skill=torch.ones(2, 3))
    assert fault.item == SCENE and 'does not exist' in fault.reason


def test_names_that_are_not_there(root):
    with pytest.raises(ConfigError, match='expert zebra is not known'):
        extract_priors(priors(root), ['zebra'])
    with pytest.raises(ConfigError, match='no section priors'):
        Priors(Config({}))
    assert class_photos(priors(root), 'chair') == []


def test_shuffling_keeps_the_values():
    skill = torch.rand(2, 9)
    other = shuffled(skill, 1)
    assert torch.equal(other.sort().values, skill.sort().values) and not torch.equal(other, skill)
