"""All stages of SAS on a tiny scene: experts, pictures, capabilities, fusion; interruptions and bad input."""

import json

import numpy as np
import pytest
import torch
from mmengine.config import Config
from sas_scans import SCENE, TEXTS, make_priors, run_all, write_scan

from uniseg3d.apis.sas_capability import capabilities, class_photos, measure_capability, refine_masks
from uniseg3d.apis.sas_extract import extract_priors
from uniseg3d.apis.sas_fuse import fuse_scenes
from uniseg3d.apis.sas_lifted_scores import feature_scores, frame_scores, rank_correlation, scored_scenes, shuffled
from uniseg3d.apis.sas_report import capability_table
from uniseg3d.apis.sas_setup import Priors
from uniseg3d.apis.sas_table import feature_table
from uniseg3d.io.images import write_png
from uniseg3d.io.point_features import read_point_features
from uniseg3d.priors.pixel_experts import DenseMap
from uniseg3d.registry import EXPERTS
from uniseg3d.utils.errors import ConfigError, DataError


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
    write_scan(tmp_path)
    return tmp_path


def test_two_experts_know_more_than_either(root):
    setup = make_priors(root)
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
    setup = make_priors(root)
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
        setup = make_priors(root, suffix=suffix, folder=str(root / suffix[1:]))
        assert not extract_priors(setup, ['chairs'])
    first, second = (
        read_point_features(root / kind / 'lifted' / 'chairs' / f'{SCENE}_0.{kind}') for kind in ('pt', 'safetensors')
    )
    assert torch.equal(first.features, second.features)


def test_an_expert_that_says_nan_about_one_photo_loses_that_photo(root):
    setup = make_priors(root, experts={'sick': {'type': 'SickExpert'}})
    faults = extract_priors(setup)
    assert len(faults) == 1 and 'photo 1' in faults[0].reason and 'not finite' in faults[0].reason
    assert read_point_features(setup.lifted_path('sick', SCENE)).features.isfinite().all()


@pytest.mark.parametrize('options', [{'everywhere': True}, {'width': 9}])
def test_an_expert_that_is_of_no_use_writes_nothing(root, options):
    setup = make_priors(root, experts={'sick': dict(type='SickExpert', **options)})
    faults = extract_priors(setup)
    assert 'nothing was written' in faults[-1].reason and not setup.lifted_path('sick', SCENE).exists()


def test_frames_that_are_missing_or_lost(root, capsys):
    setup, folder = make_priors(root), root / 'frames' / SCENE
    (folder / 'pose' / '0.txt').write_text('\n'.join(['-inf -inf -inf -inf'] * 4))
    (folder / 'depth' / '1.png').unlink()
    assert not extract_priors(setup, ['chairs'])  # the others suffice
    assert f'scene {SCENE}: left out without a finite pose or a depth map: 0, 1' in capsys.readouterr().out
    for path in (folder / 'pose').iterdir():
        path.write_text('\n'.join(['-inf -inf -inf -inf'] * 4))
    setup = make_priors(root, folder=str(root / 'again'))
    (fault,) = extract_priors(setup, ['chairs'])
    assert fault.item == SCENE and 'finite pose' in fault.reason


def test_a_frame_of_another_size_is_named(root):
    write_png(root / 'frames' / SCENE / 'depth' / '2.png', np.ones((24, 32), dtype=np.uint16))
    (fault,) = extract_priors(make_priors(root), ['chairs'])
    assert fault.item == SCENE and '1 (2) are not 48 x 64' in fault.reason and '24 x 32' in fault.reason
    (root / 'frames' / SCENE / 'depth' / '2.png').unlink()  # as it says
    assert not extract_priors(make_priors(root), ['chairs'])


def test_a_class_that_no_expert_predicts(root):
    strengths = {'chair': 0.0, 'table': 0.0, 'floor': 1.0}
    expert = {'type': 'ProceduralExpert', 'texts': TEXTS, 'classes': str(root / 'classes.json'), 'strengths': strengths}
    setup = make_priors(root, experts={'blind': dict(**expert, groups=[('chair', 'floor'), ('table', 'floor')])})
    run_all(setup)
    assert capabilities(setup, ['blind'])[0].tolist()[1:] == [0, 0]
    assert feature_scores(setup, scored_scenes(setup, ['val']), 'fused').iou[1] == 0


def test_stages_in_the_wrong_order(root):
    setup = make_priors(root)
    with pytest.raises(DataError, match='synthesize_images'):
        refine_masks(setup)
    with pytest.raises(DataError, match='measure_capability'):
        fuse_scenes(setup)
    assert len(measure_capability(setup, ['chairs'])) == 3  # one for each class
    (fault,) = fuse_scenes(setup, skill=torch.ones(2, 3))
    assert fault.item == SCENE and 'does not exist' in fault.reason


def test_names_that_are_not_there(root):
    with pytest.raises(ConfigError, match='expert zebra is not known'):
        extract_priors(make_priors(root), ['zebra'])
    with pytest.raises(ConfigError, match='no section priors'):
        Priors(Config({}))
    assert class_photos(make_priors(root), 'chair') == []


def test_shuffling_keeps_the_values():
    skill = torch.rand(2, 9)
    other = shuffled(skill, 1)
    assert torch.equal(other.sort().values, skill.sort().values) and not torch.equal(other, skill)
