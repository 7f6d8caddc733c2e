"""SAS: what it learns, what it predicts, and whose weights it reads."""

import pytest
import torch
from lifted_scenes import CLASSES, DIM, batch, lifted_sample, system

from uniseg3d.models.systems.sas import KINDS
from uniseg3d.structures.lifted_sample import LiftedSample
from uniseg3d.structures.point_features import PointFeatures
from uniseg3d.utils.errors import ConfigError, DataError


def blind(sample):
    """The same scene without any feature."""
    return LiftedSample(sample.scene, sample.superpoints, sample.prompts, sample.targets, None)


def test_a_few_steps_teach_the_texts_of_the_halves():
    model, scene = system(), lifted_sample(count=400, seen=1.0)
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    first = None
    for _ in range(25):
        terms = model(batch(scene), 'loss')
        assert set(terms) == {'loss_point', 'loss_superpoint'}
        loss = sum(terms.values())
        first = loss.item() if first is None else first
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.2 * first
    labels = model(batch(scene), 'predict')[0].point_labels['network']  # by the statistics of the scene itself
    assert (labels == scene.targets.semantic).float().mean() > 0.9


@pytest.mark.parametrize('loss', ['superpoints', 'cosine', 'l1'])
def test_losses_are_means_over_scenes(loss):
    model = system(loss=loss).eval()
    first, second = lifted_sample('a'), lifted_sample('b', 150, seed=1)
    whole = model(batch(first, second), 'loss')
    parts = [model(batch(scene), 'loss') for scene in (first, second)]
    for name, value in whole.items():
        torch.testing.assert_close(value, (parts[0][name] + parts[1][name]) / 2)
    pooled = system(loss=loss, pool_scenes=True).eval()(batch(first, second), 'loss')
    assert not torch.allclose(pooled['loss_point'], whole['loss_point'], rtol=1e-6)


def test_scenes_that_no_camera_saw_teach_nothing():
    scene = lifted_sample(seen=0.0)
    terms = system()(batch(scene), 'loss')
    assert terms['loss_point'] == 0 and terms['loss_point'].requires_grad
    with pytest.raises(DataError, match='no lifted features'):
        system()(batch(blind(scene)), 'loss')


def test_a_bounded_number_of_voxels():
    terms = system(limit=5)(batch(), 'loss')
    assert all(value.isfinite() for value in terms.values())


def test_every_kind_of_evidence():
    scene = lifted_sample()
    answer = system(kinds=KINDS).eval()(batch(scene), 'predict')[0]
    assert set(answer.point_labels) == set(KINDS) and answer.semantic.shape == (len(scene.superpoints),)
    frames, nearest = answer.point_labels['frames'], answer.point_labels['nearest']
    seen = scene.lifted.seen
    assert (frames[~seen] == CLASSES).all() and torch.equal(frames[seen], nearest[seen]) and (nearest < CLASSES).all()
    assert (frames[seen] == scene.targets.semantic[seen]).float().mean() > 0.9


def test_predictions_never_look_at_the_truth():
    scene, model = lifted_sample(), system().eval()
    shown = model(batch(scene), 'predict')[0]
    hidden = LiftedSample(scene.scene, scene.superpoints, lifted=scene.lifted)
    for kind, labels in model(batch(hidden), 'predict')[0].point_labels.items():
        assert torch.equal(labels, shown.point_labels[kind])


def test_without_frames_the_network_answers_alone():
    answer = system(kinds=('frames', 'network')).eval()(batch(blind(lifted_sample())), 'predict')[0]
    assert list(answer.point_labels) == ['network'] and answer.seen is None


def test_repeats_are_the_same_each_time():
    model, scene = system(repeats=3).eval(), lifted_sample()
    first, second = (model(batch(scene), 'predict')[0].point_labels['network'] for _ in range(2))
    assert torch.equal(first, second)


def test_other_texts():
    model = system().eval()
    model.set_texts(torch.eye(DIM)[:3, None])
    assert model(batch(), 'predict')[0].point_labels['network'].max() < 3


def test_ones_for_input():
    model, scene = system(constant_input=True).eval(), lifted_sample()
    before = model(batch(scene))[0]
    scene.scene.features.zero_()
    assert torch.equal(model(batch(scene))[0], before) and before.shape == (len(scene.scene), DIM)


def test_second_stage(tmp_path):
    model = system(stage=2, history={'folder': str(tmp_path / 'history'), 'momentum': 0.5}).eval()
    scene = lifted_sample()
    with pytest.raises(DataError, match='has no history'):
        model(batch(scene), 'loss')
    model.start_history(batch(scene))
    terms = model(batch(scene), 'loss')
    (terms['loss_point'] + terms['loss_superpoint']).backward()
    assert all(p.grad is not None for p in model.network.parameters())
    assert len(list((tmp_path / 'history').iterdir())) == 1


def test_running_averages_begin_with_what_the_experts_are_surer_of(tmp_path):
    scene, labels = lifted_sample(seen=1.0), {}
    for start in ('network', 'both'):
        model = system(stage=2, history={'folder': str(tmp_path / start)}, begin_with=start).eval()
        model.start_history(batch(scene))
        labels[start] = (model.history.update('a', torch.zeros(4, DIM)) @ model.texts[:, 0].T).argmax(1)
    truth = torch.stack([scene.targets.semantic[scene.superpoints.ids == i][0] for i in range(4)])
    assert torch.equal(labels['both'], truth) and not torch.equal(labels['network'], truth)  # nobody taught this network


@pytest.mark.parametrize(
    'options',
    [{'stage': 2}, {'history': {}}, {'kinds': ()}, {'loss': 'l7'}, {'kinds': ('guess',)}, {'begin_with': 'nothing'}],
)
def test_options_that_do_not_fit(options):
    with pytest.raises(ConfigError):
        system(**options)


def test_weights_of_minkowski_engine():
    model = system()
    state = model.state_dict()
    stem, head = state['network.stem.0.weight'], state['network.head.weight']  # [O, k, k, k, C]
    theirs = {'module.net3d.conv0p1s1.kernel': torch.randn(27, 3, 32), 'module.net3d.final.kernel': torch.randn(8, DIM)}
    missing = model.load_state_dict(theirs, strict=False)
    assert not missing.unexpected_keys
    assert not {'network.stem.0.weight', 'network.head.weight'} & set(missing.missing_keys)
    new = model.state_dict()
    assert new['network.stem.0.weight'].shape == stem.shape and new['network.head.weight'].shape == head.shape
    kernel = theirs['module.net3d.conv0p1s1.kernel']
    for x, y, z in ((0, 1, 2), (2, 0, 1)):  # their first axis runs fastest
        torch.testing.assert_close(new['network.stem.0.weight'][:, x, y, z], kernel[x + 3 * y + 9 * z].T)


def test_seen_points_of_a_scene_are_counted():
    with pytest.raises(DataError, match='lifted features cover 2 points'):
        scene = lifted_sample()
        wrong = PointFeatures(torch.zeros(1, DIM), torch.tensor([True, False]))
        LiftedSample(scene.scene, scene.superpoints, lifted=wrong)
