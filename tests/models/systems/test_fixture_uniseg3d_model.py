"""Family viii: the small complete model with the published forms, from points to answers and from points to gradients."""

from pathlib import Path

import numpy as np
import pytest
import torch
from fixture_paths import fixture_folder
from uniseg3d_models import published_class_embeddings, published_weights, small_model

from uniseg3d.engine.config import load_config
from uniseg3d.models.systems.uniseg3d_checkpoint import own_entry
from uniseg3d.structures import Sample, SceneBatch
from uniseg3d.transforms.pack import PackScene
from uniseg3d.utils.weights import apply_weights

CONFIG = Path(__file__).parents[3] / 'configs' / 'uniseg3d_1xb4_scannet_scanrefer_scannet200_unified.py'
CLASSES = 20
ALIKE = 0.99  # share of a final map that must agree: thresholds may flip


class Archive:
    """The archive, and its scenes as the pipeline would pack them."""

    def __init__(self):
        with np.load(fixture_folder('uniseg3d') / 'viii_model_io.npz') as file:
            self.arrays = dict(file)

    def __getitem__(self, name):
        return torch.from_numpy(self.arrays[name])

    def asked_sample(self) -> Sample:
        """Without any truth: there is no place it could leak from."""
        return PackScene()(self._cloud('test/in'))

    def training_batch(self) -> SceneBatch:
        return SceneBatch([self._training_sample(f'train/{i}/in') for i in range(int(self.arrays['n_train_scenes']))])

    def masks(self, name):
        """Point masks [n, N]."""
        points = len(self.arrays['test/in/points'])
        return torch.from_numpy(np.unpackbits(self.arrays[name], axis=1, count=points).astype(bool))

    def _folder(self, folder):
        return {name.removeprefix(f'{folder}/'): array for name, array in self.arrays.items() if name.startswith(folder)}

    def _cloud(self, folder):
        get = self._folder(folder)
        sample = {
            'scene_id': folder, 'xyz': get['points'][:, :3], 'color': get['points'][:, 3:],  # normalised already
            'superpoints': get['sp_pts_mask'], 'click_points': get['point_prompts'].astype(np.int64),
            'text_tokens': get['text_token'], 'text_sentences': [''] * len(get['text_token']),
        }  # fmt: skip
        return sample | ({'voxel_coords': get['elastic_coords']} if 'elastic_coords' in get else {})

    def _training_sample(self, folder):
        get = self._folder(folder)
        objects, semantic = np.split(get['sp_masks'], [-CLASSES - 1])
        novel = get['is_novel'][: len(objects)]
        clicked, nobody = get['point_prompt_instance_ids'], np.full(len(get['points']), -1)
        object_ids = np.empty(len(clicked), dtype=np.int64)  # every instance is clicked
        object_ids[clicked] = get['pts_instance_objextId_shuffle']
        truth = {
            'masks': objects[~novel], 'novel_masks': objects[novel], 'semantic_masks': semantic, 'object_ids': object_ids,
            'labels': get['labels_3d'][: len(clicked)], 'click_instance': clicked, 'text_masks': get['gt_text_prompt'],
            'text_labels': get['label_text'], 'text_object_ids': get['text_object_id'],
            'semantic': nobody + 1, 'instance': nobody, 'panoptic': nobody,  # no loss looks at points
        }  # fmt: skip
        return PackScene()(self._cloud(folder) | truth)


@pytest.fixture(scope='module')
def archive():
    return Archive()


def published_model():
    """The criterion and post-processing are those of the config that users train and test with."""
    config = load_config(CONFIG).model
    model = small_model(criterion=config.criterion, postprocess=config.postprocess)
    assert not apply_weights(model, published_weights())
    model.set_classes(published_class_embeddings())
    return model


@pytest.fixture(scope='module')
def answered(archive):
    """Every stage of one prediction."""
    model, batch = published_model().eval(), SceneBatch([archive.asked_sample()])
    voxels = model.encoder.voxelize(batch)
    with torch.no_grad():
        (scene,) = model.extract_feat(batch)
        (queries,) = model._ask([scene], [batch.samples[0].prompts])
        return voxels, scene, queries, model(batch)[0], model(batch, mode='predict')[0]


def quantiles(ours, theirs):
    """Median, 90 % and 99 % quantile of the differences."""
    return (ours - theirs).abs().flatten().quantile(torch.tensor([0.5, 0.9, 0.99])).tolist()


def test_voxels(archive, answered):
    voxels = answered[0]
    assert len(voxels) == int(archive.arrays['test/out/n_voxels'])
    smallest = small_model().encoder.min_spatial_shape
    assert [max(size, smallest) for size in voxels.spatial_shape] == archive.arrays['test/out/spatial_shape'].tolist()


def test_superpoint_features_and_queries(archive, answered):
    _, scene, queries, _, _ = answered
    assert quantiles(scene.features, archive['test/out/superpoint_features'])[-1] < 1e-6
    assert quantiles(queries.features, archive['test/out/queries'])[-1] < 1e-5
    prompts = [len(archive.arrays[f'test/in/{name}']) for name in ('point_prompts', 'text_token')]
    assert list(queries.counts.values()) == [len(scene.features), *prompts]


@pytest.mark.parametrize(
    ('field', 'name', 'limits'),
    [
        ('masks', 'masks', (1e-4, 1e-3, 1e-2)),
        ('embeddings', 'contras_embeds', (1e-5, 1e-4, 1e-3)),
        ('ious', 'pred_iou', (1e-6, 1e-5, 1e-4)),
        ('classes', 'cls_preds', (1e-3, 1e-2, 0.7)),  # 100 times a cosine
        ('semantic', 'sem_preds', (1e-3, 1e-2, 0.7)),
    ],
)
def test_the_decoder_says_the_same(archive, answered, field, name, limits):
    ours, theirs = getattr(answered[3], field), archive[f'test/out/decoder/{name}']
    found = quantiles(ours.reshape(theirs.shape), theirs)
    assert all(got < limit for got, limit in zip(found, limits, strict=True)), found


def test_maps(archive, answered):
    found = answered[-1]
    for name, ours in (
        ('semantic', found.semantic),
        ('panoptic_semantic', found.panoptic.semantic),
        ('panoptic_instance', found.panoptic.segment),
    ):
        assert (found.per_point(ours) == archive[f'test/out/{name}']).double().mean() >= ALIKE, name


def test_instances(archive, answered):
    found, masks = answered[-1], archive.masks('test/out/instance_masks_packbits')
    assert abs(len(found.instances) - len(masks)) <= (1 - ALIKE) * len(masks)
    count = min(len(found.instances), len(masks))
    ours = found.instances
    torch.testing.assert_close(ours.scores[:count], archive['test/out/instance_scores'][:count], atol=1e-3, rtol=0.0)
    assert (found.per_point(ours.masks)[:count] == masks[:count]).double().mean() >= ALIKE
    # two classes of one query can score so alike that they change places
    assert (ours.labels[:count] == archive['test/out/instance_labels'][:count]).double().mean() >= 0.98


def test_prompts(archive, answered):
    found = answered[-1]
    for ours, name in ((found.clicks, 'click'), (found.texts, 'text')):
        masks = archive.masks(f'test/out/{name}_masks_packbits')
        assert (found.per_point(ours.masks) == masks).double().mean() >= ALIKE
    true = archive['test/in/labels_3d'][archive['test/in/point_prompt_instance_ids']]
    confidence = found.clicks.class_probabilities.gather(1, true[:, None])[:, 0]
    torch.testing.assert_close(confidence, archive['test/out/click_confidence'], rtol=0.05, atol=1e-6)


@pytest.fixture(scope='module')
def trained(archive):
    """Losses of a batch, and the model with its gradients."""
    torch.manual_seed(1)  # permutes the queries
    model = published_model().train()
    losses = model(archive.training_batch(), mode='loss')
    sum(losses.values()).backward()
    return losses, model


def gradients(archive, model):
    """Pairs of our and their name of every parameter that the original trains."""
    weights = published_weights()
    parameters = dict(model.named_parameters())
    names = archive.arrays['train/out/grad_names'].tolist()
    return {name: parameters.pop(own_entry(name, weights[name])[0]).grad for name in names}, parameters


def test_losses(archive, trained):
    expected = {name: float(v) for name, v in archive.arrays.items() if name.startswith('train/out/loss/')}
    got = {f'train/out/loss/{name}': float(loss.detach()) for name, loss in trained[0].items()}
    assert list(got) == list(expected)
    assert got == pytest.approx(expected, rel=5e-4)
    assert sum(got.values()) == pytest.approx(float(archive.arrays['train/out/loss_total']), rel=1e-4)


def test_gradient_norms(archive, trained):
    ours, others = gradients(archive, trained[1])
    norms = torch.stack([torch.zeros(()) if grad is None else grad.norm() for grad in ours.values()])
    expected = archive['train/out/grad_norms'].clamp(min=0)  # -1 = no gradient
    relative = (norms - expected).abs() / expected.clamp(min=1e-6)
    assert relative.median() < 1e-4 and relative.max() < 1e-2, list(ours)[int(relative.argmax())]
    learned = {name for name, parameter in others.items() if parameter.requires_grad}
    assert all('click_pooling' in name for name in learned), 'the original trains everything else'


def test_some_gradients_in_full(archive, trained):
    ours, _ = gradients(archive, trained[1])
    names = [name for name in archive.arrays if name.startswith('train/out/grad/')]
    assert names
    for name in names:
        grad, expected = ours[name.removeprefix('train/out/grad/')], archive[name]
        assert (grad - expected).norm() < 1e-3 * expected.norm(), name


def test_the_order_of_queries_does_not_matter(archive, trained):
    losses, model = trained
    torch.manual_seed(2)
    with torch.no_grad():
        again = model(archive.training_batch(), mode='loss')
    assert {n: v.item() for n, v in again.items()} == pytest.approx({n: v.item() for n, v in losses.items()}, rel=5e-4)
