"""What UniSeg3D does with input that is odd or wrong: an answer that makes sense, or one clear sentence."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from model_samples import make_targets, room_sample
from uniseg3d_models import published_class_embeddings, small_model, small_model_config

from uniseg3d.engine.config import load_config
from uniseg3d.evaluation.metrics import UnifiedMetric
from uniseg3d.registry import MODELS
from uniseg3d.structures import Clicks, PointScene, Prompts, Sample, SceneBatch, Superpoints, Texts
from uniseg3d.text.class_files import write_class_embeddings
from uniseg3d.text.class_lists import class_list
from uniseg3d.text.tokenizer import tokenize
from uniseg3d.transforms.map_semantic import MapSemantic
from uniseg3d.transforms.user_clicks import clicks_at, clicks_on
from uniseg3d.utils.errors import CheckpointError, ConfigError, DataError
from uniseg3d.utils.weights import apply_weights

ROOMS = Path(__file__).parents[3] / 'configs' / 'uniseg3d_1xb4_rooms.py'
NAMES = class_list('scannet20').names
CLIP = {'embed_dim': 16, 'text_cfg': {'width': 16, 'heads': 2, 'layers': 1}}  # reads all of CLIP's vocabulary
CLIP_TEXT = {'type': 'ClipText', 'dim': 8, 'tower': CLIP}
SCRATCH_TEXT = {'type': 'ScratchText', 'dim': 8, 'width': 16, 'heads': 2, 'layers': 1}


@pytest.fixture(scope='module')
def models():
    """The published architecture, with both kinds of text encoders."""
    built = {text['type']: small_model(text_encoder=text) for text in (CLIP_TEXT, SCRATCH_TEXT)}
    for model in built.values():
        model.set_classes(published_class_embeddings())
    return built


@pytest.fixture
def model(models):
    return models['ScratchText']


@pytest.fixture(scope='module')
def sample():
    return room_sample(density=20)


def predict(model, *samples):
    return model.eval().predict(SceneBatch(list(samples)))


def train(model, *samples):
    """Losses of one step; every one and every gradient is finite."""
    model.train().zero_grad()
    losses = model.loss(SceneBatch(list(samples)))
    sum(losses.values()).backward()
    assert all(value.isfinite() for value in losses.values())
    assert all(p.grad.isfinite().all() for p in model.parameters() if p.grad is not None)
    return losses


def saying(sample, sentences):
    texts = Texts(list(sentences), torch.from_numpy(tokenize(sentences)))
    return replace(sample, prompts=Prompts(texts=texts), targets=None)


def cut(sample, count, superpoints):
    """The first points of the floor, nothing in them annotated as an object."""
    scene = PointScene('cut', sample.scene.xyz[:count], sample.scene.features[:count])
    return Sample(scene, superpoints, targets=make_targets(sample.targets.semantic[:count], superpoints))


def merged(sample):
    """All points in one superpoint, the prompts as they were."""
    superpoints = Superpoints(torch.zeros_like(sample.superpoints.ids))
    prompts = Prompts(clicks_on(sample.prompts.clicks.point, superpoints), sample.prompts.texts)
    truth = make_targets(sample.targets.semantic, superpoints, sample.targets.instance, clicks=len(prompts.clicks))
    return Sample(sample.scene, superpoints, prompts, truth)


def test_clicks_beside_the_cloud(sample):
    with pytest.raises(DataError, match=r'click 0 at \(50\.00, .* lies .* m from the nearest point; .* click on the cloud'):
        clicks_at(torch.tensor([[50.0, 0, 0]]), sample.scene, sample.superpoints)
    beyond = torch.tensor([len(sample.scene)])
    with pytest.raises(DataError, match=f'click 0 is on point {len(sample.scene)}; expected an index from 0'):
        clicks_on(beyond, sample.superpoints)
    with pytest.raises(DataError, match=r'Clicks\.point: expected values from 0 to below'):
        replace(sample, prompts=Prompts(Clicks.single(beyond, torch.tensor([0]))), targets=None)


@pytest.mark.parametrize('encoder', ['ClipText', 'ScratchText'])
def test_any_sentence_gets_an_answer(models, sample, encoder):
    sentences = ['', '   ', 'a chair', 'x' * 10_000, 'the chair ' * 1000, '椅子はどこ', 'كرسي', '🪑', '\x00']
    texts = predict(models[encoder], saying(sample, sentences))[0].texts
    assert len(texts) == len(sentences)
    assert texts.scores.isfinite().all() and (texts.labels >= 0).all()
    assert torch.equal(texts.class_probabilities[0], texts.class_probabilities[1]), 'blanks say nothing'
    assert not torch.equal(texts.class_probabilities[5], texts.class_probabilities[6]), 'other scripts say something'


def test_long_sentences_count_as_far_as_they_are_read(models, sample):
    long = saying(sample, ['the chair ' * 1000, 'the chair ' * 40, 'the chair ' * 30])
    one, same, shorter = predict(models['ClipText'], long)[0].texts.class_probabilities
    assert torch.equal(one, same) and not torch.equal(one, shorter)


def test_tokens_of_another_vocabulary(models, sample):
    wrong = saying(sample, ['a chair'])
    wrong.prompts.texts.tokens[0, 1] = 60_000
    with pytest.raises(DataError, match='a token is 60000; this text tower knows 0 to 49407'):
        predict(models['ClipText'], wrong)


def test_all_points_in_one_superpoint(model, sample):
    one = merged(sample)
    found = predict(model, one)[0]
    assert len(found.semantic) == 1 and len(found.clicks) == len(one.prompts.clicks) == len(found.texts) == 3
    assert found.per_point(found.semantic).shape == (len(sample.scene),)
    losses = train(model, one)
    assert losses['inst_loss'] > 0 and losses['point_prompt_inst_loss'] > 0


def test_an_object_that_is_the_only_superpoint(model, sample):
    mine = torch.nonzero(sample.targets.instance == 0)[:, 0]
    scene = PointScene('object', sample.scene.xyz[mine], sample.scene.features[mine])
    superpoints, nothing = Superpoints(torch.zeros_like(mine)), torch.zeros_like(mine)
    truth = make_targets(sample.targets.semantic[mine], superpoints, nothing, clicks=1)
    texts = Texts(sample.prompts.texts.sentences[:1], sample.prompts.texts.tokens[:1])
    whole = Sample(scene, superpoints, Prompts(clicks_on(torch.tensor([3]), superpoints), texts), truth)
    assert len(predict(model, whole)[0].clicks) == 1
    assert train(model, whole)['seg_loss'] > 0


def test_one_point(model, sample):
    point = cut(sample, 1, Superpoints.of_points(1))
    found = predict(model, point)[0]
    assert len(found.semantic) == len(found.panoptic.segment) == 1 and len(found.instances) == 0
    with pytest.raises(DataError, match='only one voxel is left at some level of the network'):
        train(model, point)
    assert train(model, point, sample)['seg_loss'] > 0


def test_the_model_of_the_rooms_is_no_less_patient(sample):
    torch.manual_seed(0)
    model = MODELS.build(load_config(ROOMS).model)
    assert len(predict(model, cut(sample, 1, Superpoints.of_points(1)))[0].semantic) == 1
    one = merged(sample)
    assert len(predict(model, one)[0].texts) == 3
    assert train(model, one)['text_prompt_inst_loss'] > 0


def test_scenes_without_objects_clicks_and_sentences(model, sample):
    bare = cut(sample, 240, Superpoints(sample.superpoints.ids[:240]))  # the floor
    assert len(bare.targets.labels) == 0
    found = predict(model, bare, replace(sample, targets=None))
    assert [len(scene.clicks) for scene in found] == [len(scene.texts) for scene in found] == [0, 3]
    alone = train(model, bare)
    assert alone['seg_loss'] > 0 and alone['inst_loss'] > 0, 'nothing there is something to learn, too'
    assert not any(alone[f'{kind}_prompt_inst_loss'] for kind in ('point', 'text'))
    train(model, bare, sample)


def test_fewer_queries_than_candidates(model, sample, monkeypatch):
    few = cut(sample, 240, Superpoints(torch.arange(240) // 60))
    monkeypatch.setattr(model.postprocess, 'min_points', 0)
    assert model.postprocess.topk == 600
    assert 0 < len(predict(model, few)[0].instances) <= 4 * 18
    monkeypatch.setattr(model.postprocess, 'topk', 7)
    assert 0 < len(predict(model, few)[0].instances) <= 7


@pytest.mark.parametrize('part', [MapSemantic, UnifiedMetric, lambda classes: small_model(classes=classes)])
def test_unknown_class_lists(part):
    with pytest.raises(ConfigError, match=r'class list "scannet21" is not known; choose one of .*scannet20, scannet200'):
        part(classes='scannet21')


def embedded(path, names=NAMES, width=24):
    write_class_embeddings(path, torch.randn(len(names), 2, width), names)
    return str(path)


@pytest.mark.parametrize(
    ('names', 'width', 'sentence'),
    [
        (NAMES, 25, r'embeds 25 channels, but the model has 24; make the file with tools/make_class_embeddings\.py'),
        (NAMES[:7], 24, 'embeds 7 classes, but the model has 20'),
        (NAMES[::-1], 24, "class 0 is 'otherfurniture', but the class list has 'wall' there"),
    ],
)
def test_embeddings_of_other_classes_or_another_encoder(tmp_path, sample, names, width, sentence):
    model = small_model(text_encoder=SCRATCH_TEXT, class_embeddings=embedded(tmp_path / 'a.safetensors', names, width))
    for step in (predict, train):
        with pytest.raises(DataError, match=rf'a\.safetensors.* {sentence}'):
            step(model, sample)


def test_embeddings_that_are_not_there(tmp_path, sample):
    model = small_model(text_encoder=SCRATCH_TEXT, class_embeddings=str(tmp_path / 'a.pth'))
    with pytest.raises(DataError, match=r'a\.pth does not exist; .* make the file with tools/make_class_embeddings\.py'):
        predict(model, sample)


def test_any_number_of_classes_can_be_asked_for(tmp_path, sample):
    """Open heads take weights that were trained with other classes; ``classes=None`` takes whatever the file holds."""
    path = embedded(tmp_path / 'a.pth', ('wall', 'floor', 'chair', 'lamp', 'rug'))
    model = small_model(text_encoder=SCRATCH_TEXT, class_embeddings=path, classes=None)
    assert not apply_weights(model, small_model(text_encoder=SCRATCH_TEXT).state_dict())
    found = predict(model, sample)[0]
    assert found.semantic.max() < 5 and found.clicks.class_probabilities.shape == (3, 3)


def closed(classes):
    """A decoder that learns its list of classes by heart."""
    decoder = small_model_config(text_encoder=SCRATCH_TEXT)['decoder']
    head = {'type': 'LinearClassHead', 'dim': decoder['dim']}
    return decoder | {'class_head': head | {'classes': classes}, 'semantic_head': head | {'classes': classes + 2}}


def test_weights_with_another_number_of_classes():
    weights = small_model(text_encoder=SCRATCH_TEXT, decoder=closed(18)).state_dict()
    with pytest.raises(CheckpointError, match=r'of another shape: decoder\.class_head\.\S+: file \(\[19.*model \(\[8'):
        apply_weights(small_model(text_encoder=SCRATCH_TEXT, decoder=closed(7)), weights)


def test_closed_lists_take_no_names(tmp_path, sample):
    path = embedded(tmp_path / 'a.pth')
    model = small_model(text_encoder=SCRATCH_TEXT, decoder=closed(18), class_embeddings=path)
    with pytest.raises(ConfigError, match='LinearClassHead knows its classes by heart; to name others, take OpenClassHead'):
        predict(model, sample)
