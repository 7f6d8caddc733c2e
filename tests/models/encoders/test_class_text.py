"""Class names to directions: by a frozen tower, by an encoder that learns, and from a fixed vocabulary."""

import pytest
import torch
from siglip_files import SIZES, write_tower, write_vocabulary

from uniseg3d.models.encoders.class_text import ClassText
from uniseg3d.models.encoders.scratch_text import ScratchText
from uniseg3d.text.class_files import write_class_embeddings
from uniseg3d.text.class_lists import class_list
from uniseg3d.utils.errors import ConfigError

SETS = ('scannetpp100', 'coco133', 'ade20k150')


@pytest.fixture(scope='module')
def siglip(tmp_path_factory):
    folder = tmp_path_factory.mktemp('siglip')
    return {'tower': {'type': 'SiglipText', **SIZES, 'weights': write_tower(folder)}, 'tokenizer': write_vocabulary(folder)}


def test_a_tower_reads_any_names_at_run_time(siglip):
    text = ClassText(**siglip)
    first = text(['oval table', 'chair'])
    assert first.shape == (2, 8) and first.dtype == torch.float32
    torch.testing.assert_close(first.norm(dim=1), torch.ones(2))
    again = text(['lamp', 'chair', 'oval table'])
    torch.testing.assert_close(again[[2, 1]], first, atol=1e-6, rtol=0)


def test_a_tower_is_no_part_of_the_weights_and_names_are_read_once(siglip):
    text = ClassText(**siglip)
    text(['chair'])
    assert not list(text.parameters()) and not text.state_dict()
    text._built.clear()
    text.tower = None  # whoever asked for the tower again would fail
    assert text(['chair']).shape == (1, 8)


def test_names_read_in_inference_mode_serve_training(siglip):
    text = ClassText(**siglip)
    with torch.inference_mode():
        text(['chair'])
    weight = torch.ones(8, requires_grad=True)
    (text(['chair']) * weight).sum().backward()
    assert weight.grad is not None


def test_an_encoder_learns_with_the_model():
    text = ClassText(ScratchText(dim=16, width=8, heads=2))
    found = text(['chair', 'wall'])
    assert found.shape == (2, 16) and list(text.parameters())
    found[:, 0].sum().backward()
    assert text.encoder.project[1].weight.grad.abs().sum() > 0


def test_a_fixed_vocabulary_needs_no_tower(tmp_path):
    names, path = class_list('scannet20').names, tmp_path / 'scannet20.safetensors'
    embedded = torch.randn(len(names), 1, 8)
    write_class_embeddings(path, embedded, names)
    text = ClassText(vocabulary={'file': str(path), 'classes': 'scannet20'})
    rows = torch.nn.functional.normalize(embedded[:, 0], dim=-1)
    torch.testing.assert_close(text([names[3], names[0]]), rows[[3, 0]])
    with pytest.raises(ConfigError, match="'unicorn' is not in the fixed vocabulary scannet20 of 20 names"):
        text(['unicorn'])


def test_a_tower_writes_the_vocabulary_of_those_who_have_none(siglip, tmp_path):
    names, path = class_list('scannet20').names, tmp_path / 'words.safetensors'
    tower = ClassText(**siglip)
    tower.write_vocabulary(path, names)
    fixed = ClassText(vocabulary={'file': str(path), 'classes': 'scannet20'})
    torch.testing.assert_close(fixed(names[:4]), tower(names[:4]), atol=1e-6, rtol=0)


@pytest.mark.parametrize(('names', 'message'), [([], 'empty'), (['a', 'b', 'a'], 'a more than once'), (['a', ' '], 'class 1')])
def test_lists_that_make_no_sense_are_refused(names, message):
    with pytest.raises(ConfigError, match=message):
        ClassText(ScratchText())(names)


def test_a_model_without_text_and_one_with_too_much():
    with pytest.raises(ConfigError, match='this model knows no text'):
        ClassText()(['chair'])
    with pytest.raises(ConfigError, match='not several'):
        ClassText(ScratchText(), tower={'type': 'SiglipText'})


@pytest.mark.parametrize('name', SETS)
def test_the_class_sets_of_the_demo_ship_and_are_lists_that_can_be_asked(name):
    names = class_list(name).names
    text = ClassText(ScratchText(dim=4, width=8, heads=2))
    assert len(names) == int(name[-3:]) and text(names).shape == (len(names), 4)
    assert text.sentences(['desk'])[0] == 'This is a photo of desk.'
