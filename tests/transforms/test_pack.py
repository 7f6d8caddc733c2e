import numpy as np
import pytest
import torch
from scene_files import loaded_sample, scene_info

from uniseg3d.io.scene_info import SceneInfo
from uniseg3d.structures import Sample
from uniseg3d.transforms import ClickPrompts, ElasticDistortion, NormalizeColor, PackScene, SuperpointAnnotations, TextPrompts
from uniseg3d.utils.errors import ConfigError


def packed(features=('color', 'centered_xyz'), steps=(), **changes):
    sample = loaded_sample(**changes)
    for step in (NormalizeColor(), SuperpointAnnotations(), TextPrompts('all'), ClickPrompts('inmost'), *steps):
        sample = step(sample)
    return PackScene(features)(sample)


def test_features_are_normalised_colour_and_centred_position():
    source, sample = loaded_sample(), packed()
    assert sample.scene.features.dtype == sample.scene.xyz.dtype == torch.float32
    np.testing.assert_allclose(sample.scene.features[:, :3].numpy(), source['color'] / 127.5 - 1, atol=1e-6)
    centred = source['xyz'] - source['xyz'].mean(0)
    np.testing.assert_allclose(sample.scene.features[:, 3:].numpy(), centred, atol=1e-5)


def test_features_can_be_chosen():
    sample = packed(('height', 'color'))
    assert sample.scene.features.shape == (400, 4)
    assert sample.scene.features[:, 0].quantile(0.02) >= 0
    with pytest.raises(ConfigError, match='normals'):
        PackScene(['normals'])
    with pytest.raises(ConfigError, match='some of'):
        PackScene([])


def test_targets_and_prompts_belong_together():
    sample = packed()
    assert isinstance(sample, Sample)
    targets, clicks = sample.targets, sample.prompts.clicks
    assert len(clicks) == len(targets.labels) == 3
    assert torch.equal(targets.instance[clicks.point], targets.click_instance)
    assert torch.equal(sample.superpoints.ids[clicks.point], clicks.superpoint)
    assert targets.text_masks.shape == (len(sample.prompts.texts), len(sample.superpoints))
    assert targets.semantic.max() == 20 and targets.masks.dtype == torch.bool


def test_kinds_of_sentences_travel_along_where_they_are_known():
    info = scene_info()
    info.texts[0].kinds = ['color', 'size', 'color']
    assert packed(info=info).targets.text_kinds == ['color', 'size', 'color', '']
    assert packed(info=SceneInfo('s', '', '')).targets.text_kinds == []


def test_names_of_objects_travel_along_where_they_are_known():
    info = scene_info()
    info.instances[2].name = 'oval table'
    assert packed(info=info).targets.object_names == ['', '', 'oval table']
    assert packed().targets.object_names == []


def test_elastic_positions_travel_along():
    sample = packed(steps=[ElasticDistortion(probability=1.0)])
    assert sample.scene.voxel_coords.shape == (400, 3) and packed().scene.voxel_coords is None


def test_a_scene_without_labels_has_no_targets_and_keeps_its_sentences():
    sample = packed(semantic=None, instance_ids=None)
    assert sample.targets is None and len(sample.prompts.texts) == 4 and len(sample.prompts.clicks) == 0


def test_a_scene_without_prompts_and_instances_packs():
    sample = SuperpointAnnotations()(loaded_sample(instance_ids=np.zeros(400, dtype=np.int64)))
    targets = PackScene()(sample).targets
    assert targets.masks.shape[0] == targets.click_instance.shape[0] == targets.text_masks.shape[0] == 0
    assert targets.masks.shape[1] == targets.text_masks.shape[1] == targets.semantic_masks.shape[1]


def test_dropped_rows_are_remembered():
    assert packed(rows=np.arange(400) + 7).scene.rows[0] == 7
    assert packed().scene.rows is None


def test_one_point_is_a_scene():
    one = {key: np.zeros(1, np.int64) for key in ('superpoints', 'instance_ids', 'semantic')}
    sample = packed(xyz=np.ones((1, 3), np.float32), color=np.zeros((1, 3), np.float32), **one)
    assert len(sample.scene) == len(sample.superpoints) == 1 and not sample.scene.features[:, 3:].any()
