"""SAS with superpoints in the place of voxels."""

import pytest
import torch
import torch.nn.functional as F
from lifted_scenes import DIM, batch, lifted_sample

from uniseg3d.models.encoders.hashed_words import HashedWords
from uniseg3d.models.encoders.superpoint_encoder import SuperpointEncoder
from uniseg3d.models.encoders.superpoint_features import SuperpointFeatures
from uniseg3d.models.systems.sas import SAS


def system(**options):
    torch.manual_seed(0)
    network = SuperpointFeatures(SuperpointEncoder(dim=16, point_dim=8, blocks=1, heads=2, dropout=0.0), DIM)
    return SAS(network, {'encoder': HashedWords(DIM)}, **options)


def distances(features, targets):
    return 1 - F.cosine_similarity(features.float(), targets.float())


def test_points_take_the_features_of_their_superpoints():
    model, scene = system().eval(), lifted_sample()
    (features,) = model(batch(scene))
    ids = scene.superpoints.ids
    assert features.shape == (len(scene.scene), DIM)
    assert torch.equal(features, features[model._forward(batch(scene))[0].voxels.representative][ids])


@pytest.mark.parametrize('seen', [0.7, 0.0])
def test_superpoints_learn_the_means_of_their_points(seen):
    model, scene = system().eval(), lifted_sample(seen=seen)
    terms = model(batch(scene), 'loss')
    lifted, ids = scene.lifted, scene.superpoints.ids
    shown = [s for s in range(len(scene.superpoints)) if (lifted.seen & (ids == s)).any()]
    means = [lifted.scattered()[lifted.seen & (ids == s)].float().mean(0) for s in shown]
    features = model.network(batch(scene))[shown]
    expected = distances(features, torch.stack(means)).mean() if shown else torch.zeros(())
    torch.testing.assert_close(terms['loss_point'], expected)
    torch.testing.assert_close(terms['loss_superpoint'], expected)


def test_without_superpoints_every_seen_point_teaches():
    model, scene = system(loss='cosine').eval(), lifted_sample()
    terms = model(batch(scene), 'loss')
    features = model(batch(scene))[0][scene.lifted.seen]
    assert list(terms) == ['loss_point']
    torch.testing.assert_close(terms['loss_point'], distances(features, scene.lifted.features).mean())


def test_a_few_steps_teach_the_texts_of_the_halves():
    model, scene = system(), lifted_sample(count=400)
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    for _ in range(30):
        optimizer.zero_grad()
        sum(model(batch(scene), 'loss').values()).backward()
        optimizer.step()
    labels = model.eval()(batch(scene), 'predict')[0].point_labels['network']
    assert (labels == scene.targets.semantic)[~scene.lifted.seen].float().mean() > 0.9
