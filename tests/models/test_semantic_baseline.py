"""The baseline learns, predicts from the input alone, and survives scenes without labels."""

import pytest
import torch
from mmengine.config import Config
from mmengine.optim import OptimWrapper
from model_samples import CLASSES, room_sample

from uniseg3d.models import SemanticBaseline, SuperpointEncoder
from uniseg3d.registry import MODELS
from uniseg3d.structures import Sample, SceneBatch
from uniseg3d.utils.errors import ConfigError, DataError


@pytest.fixture
def model():
    torch.manual_seed(0)
    return SemanticBaseline(SuperpointEncoder(dim=32, point_dim=16, blocks=2, heads=2, dropout=0.0))


def accuracy(model, batch):
    with torch.no_grad():
        predictions = model.eval()(batch, mode='predict')
    truths = torch.cat([sample.targets.semantic_superpoints for sample in batch])
    right = torch.cat([p.semantic for p in predictions]) == truths
    return right[truths != CLASSES].float().mean().item()


def test_learns_rooms_it_was_shown_and_others_like_them(model):
    optimizer = OptimWrapper(torch.optim.AdamW(model.parameters(), 3e-3))
    batches = [SceneBatch([room_sample(seed), room_sample(seed + 1)]) for seed in range(0, 8, 2)]
    losses = [model.train_step({'batch': batches[step % 4]}, optimizer)['loss'].item() for step in range(40)]
    assert losses[-1] < 0.2 * losses[0]
    assert accuracy(model, SceneBatch([room_sample(seed) for seed in (100, 101)])) > 0.9


def test_every_parameter_receives_a_gradient(model):
    model(SceneBatch([room_sample()]), mode='loss')['loss_semantic'].backward()
    assert [name for name, p in model.named_parameters() if p.grad is None or not p.grad.isfinite().all()] == []


def test_predicts_one_class_per_superpoint_without_looking_at_targets(model):
    labelled = [room_sample(0), room_sample(1)]
    bare = [Sample(sample.scene, sample.superpoints) for sample in labelled]
    first, second = (model.eval().val_step({'batch': SceneBatch(samples)}) for samples in (labelled, bare))
    for sample, a, b in zip(labelled, first, second, strict=True):
        assert a.scene_id == sample.scene.scene_id
        assert len(a.semantic) == len(sample.superpoints) and a.semantic.max() < CLASSES
        assert torch.equal(a.semantic, b.semantic)


def test_a_scene_of_nothing_but_void_gives_a_zero_loss(model):
    sample = room_sample()
    sample.targets.semantic.fill_(CLASSES)
    sample.targets.semantic_masks[:-1], sample.targets.semantic_masks[-1] = False, True
    loss = model(SceneBatch([sample]), mode='loss')['loss_semantic']
    loss.backward()
    assert loss.item() == 0.0
    assert all(p.grad.isfinite().all() for p in model.parameters())


def test_void_superpoints_do_not_change_the_loss(model):
    void_box, plain = room_sample(boxes=4), room_sample(boxes=4)
    labels = void_box.targets.semantic_superpoints
    assert (labels == CLASSES).any()
    plain.scene.features[plain.targets.semantic == CLASSES, :3] = 0.0  # another look for the void object
    model.encoder.blocks = torch.nn.ModuleList()  # without attention, superpoints are on their own
    a, b = (model.eval()(SceneBatch([s]), mode='loss')['loss_semantic'] for s in (void_box, plain))
    torch.testing.assert_close(a, b)


def test_size_power_decides_how_much_a_large_superpoint_counts(model):
    sample = room_sample()
    logits = model.eval()(SceneBatch([sample]))
    labels, sizes = sample.targets.semantic_superpoints, sample.superpoints.sizes
    known = labels != CLASSES
    terms = torch.nn.functional.cross_entropy(logits[known], labels[known], reduction='none')
    for power in (0.0, 0.5, 1.0):
        model.size_power = power
        weight = sizes[known].float() ** power
        expected = (weight * terms).sum() / weight.sum()
        torch.testing.assert_close(model(SceneBatch([sample]), mode='loss')['loss_semantic'], expected)


def test_half_precision_gives_nearly_the_same_loss_and_finite_gradients(model):
    batch = SceneBatch([room_sample()])
    full = model(batch, mode='loss')['loss_semantic']
    with torch.autocast('cpu', torch.bfloat16):
        half = model(batch, mode='loss')['loss_semantic']
    assert half.item() == pytest.approx(full.item(), rel=0.02)
    half.backward()
    assert all(p.grad.isfinite().all() for p in model.parameters())


def test_missing_targets_and_wrong_modes_say_so(model):
    sample = room_sample()
    bare = SceneBatch([Sample(sample.scene, sample.superpoints)])
    with pytest.raises(DataError, match='room0000_00 has no targets'):
        model(bare, mode='loss')
    with pytest.raises(ConfigError, match="mode 'train' is unknown; expected one of tensor, loss, predict"):
        model(bare, mode='train')


def test_the_config_describes_it():
    model = MODELS.build(Config.fromfile('configs/_base_/models/semantic_baseline.py').model)
    assert model(SceneBatch([room_sample()])).shape[1] == CLASSES
