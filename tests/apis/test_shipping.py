"""A trained checkpoint becomes a model that comes with the package, in one command."""

import json
import runpy
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from untrained_inferencer import CONFIG, write_weights

from uniseg3d.apis import SceneInferencer
from uniseg3d.apis.shipped import POINTS, heard_by, shipped_models
from uniseg3d.apis.shipping import LIST, heard_words, measured, ship_model
from uniseg3d.utils.errors import CheckpointError, ConfigError
from uniseg3d.utils.weights import load_weights

ROOT = Path(__file__).parents[2]
SENTENCES = [{'description': 'The red chair next to the table.'}, {'description': 'a lamp'}]


@pytest.fixture
def sentences(tmp_path):
    path = tmp_path / 'sentences.json'
    path.write_text(json.dumps(SENTENCES))
    return path


def test_the_command_writes_the_file_and_its_line(tmp_path, sentences, monkeypatch):
    weights, out = write_weights(tmp_path / 'trained.safetensors'), tmp_path / 'out'
    out.mkdir()
    (tmp_path / 'metrics.json').write_text(json.dumps({'miou': 0.51234, 'pq': 0.4, 'loss': 1.0}))
    arguments = ['--config', f'configs/{CONFIG}.py', '--out', out, '--what', 'free names; a demonstration']
    arguments += ['--measured', tmp_path / 'metrics.json', '--keys', 'miou', 'pq', '--sentences', sentences, '--recipe', 'go']
    monkeypatch.setattr(sys, 'argv', ['ship_model.py', POINTS, str(weights), *map(str, arguments)])
    with pytest.raises(SystemExit, match='0'):
        runpy.run_path(str(ROOT / 'tools' / 'ship_model.py'), run_name='__main__')
    records = {record['name']: record for record in json.loads((out / LIST).read_text())}
    assert records.keys() == shipped_models().keys()
    record = records[POINTS]
    assert record['config'] == CONFIG and record['reached'] == {'miou': 0.512, 'pq': 0.4} and record['recipe'] == ['go']
    assert record['heard'] == ['a', 'chair', 'lamp', 'next', 'red', 'table', 'the', 'to'] and record['licence'] == 'Apache-2.0'
    written = load_weights(out / f'{POINTS}.safetensors').state_dict
    assert {value.dtype for value in written.values()} == {torch.float16}
    assert sorted(path.name for path in out.iterdir()) == [f'{POINTS}.safetensors', LIST], 'nothing else is left'


def test_what_does_not_fit_leaves_everything_as_it_was(tmp_path, monkeypatch):
    model = shipped_models()[POINTS]
    with pytest.raises(CheckpointError):
        ship_model(replace(model, config='uniseg3d_1xb4_rooms'), shipped_models()['rooms-photos'].path, tmp_path)
    monkeypatch.setattr('uniseg3d.apis.shipping.MOST_BYTES', 1000)
    with pytest.raises(ConfigError, match=r'3\.0 MB in half precision.*at most 0\.001 MB'):
        ship_model(model, model.path, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_shipping_the_shipped_file_changes_no_number(tmp_path):
    model = shipped_models()[POINTS]
    assert ship_model(model, model.path, tmp_path).digest == model.digest


def test_numbers_come_from_a_test_that_was_run(tmp_path):
    (tmp_path / 'm.json').write_text('{"miou": 0.5}')
    with pytest.raises(ConfigError, match='measured no pq; it measured miou'):
        measured(tmp_path / 'm.json', ['pq'])


def test_a_new_name_needs_a_description(monkeypatch, capsys):
    monkeypatch.setattr(sys, 'argv', ['ship_model.py', 'new-model', 'x.pth', '--config', 'configs/x.py'])
    with pytest.raises(SystemExit, match='1'):
        runpy.run_path(str(ROOT / 'tools' / 'ship_model.py'), run_name='__main__')
    assert 'say --what it is' in capsys.readouterr().err


def test_a_model_of_free_names_says_which_it_never_heard(tmp_path, sentences):
    open_one = SceneInferencer(CONFIG, write_weights(tmp_path / 'open.safetensors'), 'cpu')
    assert open_one.check_names(['plant']) is None and heard_by('own.pth') == (), 'nobody knows what a stranger heard'
    open_one.heard = heard_words(sentences)
    assert open_one.check_names(['red chair', 'table, desk']) is None
    assert 'never heard of plant, round table: what is found' in open_one.check_names(['plant', 'table', 'round table'])
