"""Objects by any names, from the network, from photos, or both."""

import re
import runpy
import sys
from dataclasses import replace
from pathlib import Path

import named_rooms
import pytest
import torch
from color_expert import ColorExpert
from model_samples import room_sample
from uniseg3d_models import small_model

from uniseg3d.apis.crop_experts import teach_crop_expert
from uniseg3d.apis.name_report import found_table, save_named, score_questions
from uniseg3d.apis.named_scenes import NamedScenes, load_namer, score_names, with_evidence
from uniseg3d.apis.open_vocabulary import NamingOptions, ObjectNamer, SceneObjects
from uniseg3d.models.encoders.clip_tower import build_tower
from uniseg3d.models.heads import OpenClassHead
from uniseg3d.priors.crop_expert import load_crop_expert
from uniseg3d.structures import MaskOutput, SceneBatch
from uniseg3d.text.class_lists import class_list
from uniseg3d.utils.errors import ConfigError, DataError

TOOLS = Path(__file__).parents[2] / 'tools'
SCENE = named_rooms.SCENES[0]


@pytest.fixture(scope='module')
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp('rooms')
    named_rooms.write_rooms(root)
    named_rooms.write_checkpoint(named_rooms.rooms_config(root), root / 'model.pth')
    return root


@pytest.fixture(scope='module')
def config(root):
    return named_rooms.rooms_config(root)


@pytest.fixture(scope='module')
def scenes(config):
    return NamedScenes(config)


def namer_of(config, root, expert=None, vocabulary=None, **options):
    namer = load_namer(config, root / 'model.pth', expert, vocabulary, NamingOptions(**options))
    namer.model.postprocess.min_points = 5
    return namer


def perfect(objects, namer, witness):
    """The same scene as if the network had found both boxes exactly, and saw them from outside its own names."""
    masks = objects.sample.targets.masks
    logits = torch.where(masks, 9.0, -9.0)
    classes = torch.zeros(len(masks), objects.output.classes.shape[1])
    classes[:, 4] = 9
    output = MaskOutput(logits, logits[:, :1], classes, names=torch.zeros(len(masks), objects.output.names.shape[1]))
    return SceneObjects(
        objects.sample, torch.arange(len(masks)), output, torch.ones(len(masks)), witness.look(masks, namer.expert)
    )


@pytest.fixture(scope='module')
def seen(config, root, scenes):
    """A namer by photos, and a scene whose masks are right."""
    namer = namer_of(config, root, ColorExpert(), evidence='photos')
    sample = scenes.sample(0)
    witness = scenes.witness(sample)
    return namer, perfect(namer.look(sample, witness), namer, witness)


def test_each_entry_gets_its_objects_and_absent_ones_stay_empty(seen):
    namer, objects = seen
    found = namer.find(objects, ['green', 'red', 'blue'])
    assert {thing.names for thing in found} == {('red',), ('blue',)}
    for thing in found:
        row = list(named_rooms.NAMES.values()).index(f'{thing.names[0]} box')
        assert torch.equal(thing.mask, objects.sample.targets.masks[row])
        assert thing.extent[0] == pytest.approx(0.45, abs=0.06) and thing.score > 0.5
    assert namer.find(objects, ['green']) == []


def test_what_is_asked_for_competes_with_all_that_is_known(seen):
    namer, objects = seen
    blind = ObjectNamer(namer.model, namer.expert, ['green'], namer.options)  # does not know what else there might be
    assert len(blind.find(objects, ['green'])) == 2
    assert [thing.names[0] for thing in namer.find(objects, ['blue'])] == ['blue']


def test_what_is_here(seen):
    namer, objects = seen
    found = namer.look_around(objects, 2)
    assert {thing.names[0] for thing in found} == {'red', 'blue'} and all(len(thing.names) == 2 for thing in found)
    assert all(thing.shares[0] > thing.shares[1] for thing in found)
    with pytest.raises(ConfigError, match='no vocabulary'):
        ObjectNamer(namer.model, namer.expert, [], namer.options).look_around(objects)


def test_tables_and_pictures(seen, tmp_path):
    namer, objects = seen
    names = ['green', 'red']
    lines = found_table(namer.find(objects, names), names).splitlines()
    assert len(lines) == 4 and lines[2].split() == ['green', 'none'] and re.match(r'red +\d\.\d\d +red \d+%', lines[3])
    assert save_named(tmp_path / 'named.png', objects.sample, namer.find(objects, names)).stat().st_size > 1000
    assert save_named(tmp_path / 'none.png', objects.sample, []).exists()


def test_the_network_alone_answers_as_in_its_own_predictions(config, root, scenes):
    names = class_list(str(root / 'open_names.json')).names
    namer = namer_of(config, root, evidence='network', limit=10_000)
    sample = scenes.sample(0)
    found = namer.rank(namer.look(sample), names)
    namer.model.set_names(names)
    named = namer.model.predict(SceneBatch([replace(sample, prompts=type(sample.prompts)(), targets=None)]))[0].named
    namer.model.set_names(None)
    assert len(named) == len(found) > 0
    torch.testing.assert_close(found.scores, named.scores)


def test_classes_that_are_compared_with_embedded_names_know_any_name():
    """As the published model: no head for names, and a head for classes in the space of its text tower."""
    model = small_model()
    width = model.text_encoder.width
    model.decoder.class_head = OpenClassHead(model.decoder.class_head.pooled[1].in_features, width)
    model.decoder.class_head.set_classes(torch.randn(3, 1, width))
    model.decoder.semantic_head = None
    sample, before = room_sample(), model.decoder.class_head.prototypes
    model.text_encoder.tower = build_tower({'embed_dim': width, 'text_cfg': {'width': 8, 'heads': 2, 'layers': 1}})
    namer = ObjectNamer(model, vocabulary=[], options=NamingOptions('network'))
    objects = namer.look(sample)
    shares = namer.shares(objects, ['sofa', 'lamp', 'round table'])
    torch.testing.assert_close(shares.sum(1), torch.ones(len(objects.rows)))
    assert shares.std(0).max() > 0 and torch.equal(model.decoder.class_head.prototypes, before)
    swapped = namer.shares(objects, ['lamp', 'sofa', 'round table'])
    torch.testing.assert_close(swapped[:, [1, 0, 2]], shares)


def test_both_lie_between_the_two(config, root, scenes):
    expert = ColorExpert()
    both = namer_of(config, root, expert, photos=0.3)
    objects = both.look(scenes.sample(0), scenes.witness(scenes.sample(0)))
    names = ['red', 'blue', 'grey']
    network, photos = (with_evidence(both, kind).shares(objects, names) for kind in ('network', 'photos'))
    mixed = (0.7 * network.log() + 0.3 * photos.clamp(min=1e-12).log()).softmax(1)
    torch.testing.assert_close(both.shares(objects, names), mixed)


def test_numbers_over_a_data_set(config, root, scenes):
    namer = namer_of(config, root, ColorExpert())
    listed = str(root / 'open_names.json')
    scores = score_names(scenes, namer, listed, ('network', 'photos', 'both'), min_points=5)
    assert list(scores) == ['network', 'photos', 'both']
    assert {'open_ap_50%', 'open_ap_50% base', 'open_ap_50% shuffled'} <= set(scores['both'])
    answers = score_questions(scenes, namer, ['red', 'blue', 'green'])
    assert list(answers) == ['found', 'right', 'empty'] and all(0 <= share <= 1 for share in answers.values())


def test_questions_count_objects_answers_and_silence(seen):
    namer, objects = seen

    class OneScene:
        def seen(self, _):
            return [objects]

    named = replace(objects.sample.targets, object_names=['red', 'blue'])
    objects = replace(objects, sample=replace(objects.sample, targets=named))
    assert score_questions(OneScene(), namer, ['red', 'blue', 'green']) == {'found': 1, 'right': 1, 'empty': 1}
    swapped = replace(objects.sample.targets, object_names=['blue', 'red'])
    objects = replace(objects, sample=replace(objects.sample, targets=swapped))
    assert score_questions(OneScene(), namer, ['red', 'blue', 'green'])['found'] == 0


def test_questions_that_nobody_can_answer(config, root, scenes):
    with pytest.raises(ConfigError, match='needs an expert'):
        namer_of(config, root, evidence='both')
    with pytest.raises(ConfigError, match='evidence must be one of'):
        NamingOptions(evidence='rumours')
    namer = namer_of(config, root, ColorExpert(), evidence='photos')
    with pytest.raises(ConfigError, match='has no photos'):
        namer.rank(namer.look(scenes.sample(0)), ['red'])
    with pytest.raises(ConfigError, match='none of the test scenes'):
        scenes.index('room9999_00')
    with pytest.raises(DataError, match='holds no frame'):
        NamedScenes(config, root / 'points').witness(scenes.sample(0))


def called(monkeypatch, capsys, name, *args):
    monkeypatch.setattr(sys, 'argv', [f'{name}.py', *map(str, args)])
    with pytest.raises(SystemExit) as end:
        runpy.run_path(str(TOOLS / f'{name}.py'), run_name='__main__')
    return end.value.code, capsys.readouterr()


def test_the_commands(config, root, tmp_path, monkeypatch, capsys):
    config.dump(tmp_path / 'config.py')
    expert = tmp_path / 'expert.safetensors'
    code, said = called(monkeypatch, capsys, 'train_crop_expert', root, '--out', expert, '--every', 1, '--steps', 20)
    assert code == 0, said.err
    assert '2 names, taught with' in said.out
    assert load_crop_expert(expert).vocabulary == ['blue box', 'red box']
    start = ('name_objects', tmp_path / 'config.py', root / 'model.pth')
    picture = tmp_path / 'named.png'
    code, said = called(
        monkeypatch, capsys, *start, '--scene', SCENE, '--names', 'red box, green box', '--photos', expert, '--picture', picture
    )
    assert code == 0 and picture.exists() and 'green box' in said.out and 'fits' in said.out
    code, said = called(monkeypatch, capsys, *start, '--scene', SCENE, '--photos', expert)
    assert code == 0 and said.out.startswith('name')
    code, said = called(monkeypatch, capsys, *start, '--score', root / 'open_names.json')
    assert code == 0 and 'names by network' in said.out and 'empty' in said.out
    code, said = called(monkeypatch, capsys, *start)
    assert code == 1 and 'either --scene' in said.err


def test_an_expert_needs_names(root, tmp_path):
    (tmp_path / 'frames').symlink_to(root / 'frames')
    text = (root / 'uniseg3d_infos_train.json').read_text()
    (tmp_path / 'uniseg3d_infos_train.json').write_text(text.replace('blue box', 'red box'))
    with pytest.raises(DataError, match='1 named objects'):
        teach_crop_expert(tmp_path, tmp_path / 'expert.safetensors')
