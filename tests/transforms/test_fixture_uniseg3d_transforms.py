"""The transforms against recorded outputs. Random orders and choices are compared as sets, everything else exactly."""

import numpy as np
import pytest
from fixture_paths import fixture_folder

from uniseg3d.io.scene_info import ObjectText, SceneInfo
from uniseg3d.transforms import ClickPrompts, ElasticDistortion, NormalizeColor, PackScene, SuperpointAnnotations, TextPrompts

STUFF, CLASSES, SAMPLED = 2, 20, 500  # larger instances are clicked near the mean of a random sample


@pytest.fixture(scope='module')
def archive():
    with np.load(fixture_folder('uniseg3d') / 'ix_transforms.npz') as file:
        return dict(file)


def texts(archive):
    names = [key.split('/')[2] for key in archive if key.startswith('in/text/') and key.endswith('/tokens')]
    return [
        ObjectText(
            object_id=int(name),
            label=int(archive[f'in/text/{name}/label_id']),
            sentences=[f'{name}.{row}' for row in range(len(archive[f'in/text/{name}/tokens']))],
            tokens=archive[f'in/text/{name}/tokens'],
            point_ids=archive[f'in/text/{name}/pts_id'],
        )
        for name in names
    ]


def loaded(archive):
    return {
        'scene_id': 'fixture',
        'info': SceneInfo('fixture', '', '', texts=texts(archive)),
        'rng': np.random.RandomState(11),
        'xyz': archive['in/points'][:, :3],
        'color': archive['in/points'][:, 3:],
        'superpoints': archive['in/superpoints'],
        'instance_ids': archive['in/instance_mask'],
        'semantic': archive['in/semantic_mask_20'],
        'novel_masks': archive['in/novel_sp_masks'],
    }


def run(sample, *pipeline):
    for transform in pipeline:
        sample = transform(sample)
    return sample


@pytest.fixture(scope='module')
def train(archive):
    return run(loaded(archive), NormalizeColor(), SuperpointAnnotations(), TextPrompts('random'), ClickPrompts('random'))


@pytest.fixture(scope='module')
def test(archive):
    return run(
        loaded(archive), NormalizeColor(), SuperpointAnnotations(novel=False), TextPrompts('all'), ClickPrompts('inmost')
    )


def test_fixture_colors(archive, train):
    points = np.concatenate([train['xyz'], train['color']], axis=1)
    np.testing.assert_allclose(points, archive['train/points_after_color'], atol=1e-6)


@pytest.mark.parametrize('split', ['train', 'test'])
def test_fixture_annotations(archive, split, request):
    sample = request.getfixturevalue(split)
    masks = np.concatenate([sample['masks'], sample['novel_masks'], sample['semantic_masks']])
    np.testing.assert_array_equal(masks, archive[f'{split}/gt_sp_masks'])
    labels = np.zeros(len(masks), dtype=int)  # novel and semantic rows have none
    labels[: len(sample['labels'])] = sample['labels']
    np.testing.assert_array_equal(labels, archive[f'{split}/gt_labels_3d'])


def test_fixture_instances(archive, train):
    np.testing.assert_array_equal(train['instance'], archive['train/pts_instance_mask'])
    np.testing.assert_array_equal(train['object_ids'], archive['train/pts_instance_objextId'])
    kinds = [len(train['masks']), len(train['novel_masks']), CLASSES + 1]
    np.testing.assert_array_equal(np.repeat([False, True, False], kinds), archive['train/is_novel'])


def test_fixture_panoptic_ids(archive, test):
    np.testing.assert_array_equal(test['panoptic'], archive['test/eval_pts_instance_mask'])


def test_fixture_train_texts(archive, train):
    """Every described object once; one of its own sentences."""
    order = np.argsort(train['text_object_ids'])
    expected = np.argsort(archive['train/text_object_id'])
    np.testing.assert_array_equal(train['text_object_ids'][order], archive['train/text_object_id'][expected])
    np.testing.assert_array_equal(train['text_labels'][order], archive['train/label_text'][expected])
    np.testing.assert_array_equal(train['text_masks'][order], archive['train/gt_text_prompt'][expected])
    for tokens in (train['text_tokens'][order], archive['train/text_token'][expected]):
        for row, text in zip(tokens, sorted(texts(archive), key=lambda text: text.object_id), strict=True):
            assert (row == text.tokens).all(1).any()


def test_fixture_test_texts(archive, test):
    np.testing.assert_array_equal(test['text_object_ids'], archive['test/text_object_id'])
    np.testing.assert_array_equal(test['text_labels'], archive['test/label_text'])
    np.testing.assert_array_equal(test['text_tokens'], archive['test/text_token'])
    np.testing.assert_array_equal(test['text_masks'], archive['test/gt_text_prompt'])


def test_fixture_train_clicks(archive, train):
    ours, theirs = np.argsort(train['click_instance']), np.argsort(archive['train/point_prompt_instance_ids'])
    np.testing.assert_array_equal(train['click_instance'][ours], archive['train/point_prompt_instance_ids'][theirs])
    points, expected = train['click_points'][ours], archive['train/point_prompts'][theirs]
    np.testing.assert_array_equal(train['instance'][points], train['click_instance'][ours])
    small = np.bincount(train['instance'][train['instance'] >= 0]) <= SAMPLED
    np.testing.assert_array_equal(points[small], expected[small])
    superpoints = archive['train/point_prompt_sp_ids'][theirs]
    np.testing.assert_array_equal(train['superpoints'][points][small], superpoints[small])
    object_ids = archive['train/pts_instance_objextId_shuffle'][theirs]
    np.testing.assert_array_equal(train['object_ids'][train['click_instance'][ours]], object_ids)


def test_fixture_test_clicks(archive, test):
    np.testing.assert_array_equal(test['click_points'], archive['test/point_prompts'])
    np.testing.assert_array_equal(test['click_instance'], archive['test/point_prompt_instance_ids'])
    np.testing.assert_array_equal(test['superpoints'][test['click_points']], archive['test/point_prompt_sp_ids'])
    object_ids = archive['test/pts_instance_objextId_shuffle']
    np.testing.assert_array_equal(test['object_ids'][test['click_instance']], object_ids)


def test_fixture_elastic_distortion(archive):
    names = [key for key in archive if key.startswith('train/elastic_coords_numpy_seed_')]
    assert names
    for name in names:
        seed = int(name.split('_seed_')[1].split('_')[0])
        sample = loaded(archive) | {'rng': np.random.RandomState(seed)}
        coords = ElasticDistortion(probability=1.0)(sample)['voxel_coords']
        np.testing.assert_allclose(coords, archive[name], rtol=0, atol=1e-9)


def test_fixture_packed_sample(archive, test):
    packed = PackScene()(dict(test))
    assert len(packed.targets.labels) == len(archive['test/pts_instance_objextId_shuffle'])
    np.testing.assert_array_equal(packed.prompts.texts.tokens.numpy(), archive['test/text_token'])
    xyz = archive['in/points'][:, :3]
    np.testing.assert_allclose(packed.scene.features[:, 3:].numpy(), xyz - xyz.mean(0), atol=1e-5)
