"""Which networks a table of SAS compares, and what it says of their seeds."""

import json
from pathlib import Path

import pytest
from mmengine.config import Config

from uniseg3d.apis import sas_table
from uniseg3d.apis.sas_setup import Priors
from uniseg3d.apis.sas_table import MEASURES, NETWORKS, network_rows, network_table, train_and_test
from uniseg3d.engine.config import load_config
from uniseg3d.utils.errors import ConfigError

STEPS = [{'type': 'LoadScene'}, {'type': 'LoadPointFeatures', 'folder': 'sas/fused'}]


@pytest.fixture
def config():
    texts = {'encoder': {'type': 'HashedWords', 'dim': 8}}
    section = {key: {} for key in ('pictures', 'refiner', 'experts')} | {'folder': 'sas', 'frames': 'frames'}
    section |= {'vocabulary': 'scannet20', 'texts': texts}
    return Config({'train_dataloader': {'dataset': {'pipeline': STEPS}}, 'priors': section})


def test_rows_in_the_order_of_the_table():
    rows = network_rows('first.py', 'second.py', ['shuffled', 'stage 2', 'no superpoints'], seed=3)
    assert [row.name for row in rows] == ['stage 2', 'no superpoints', 'shuffled']
    assert [row.config for row in rows] == ['second.py', 'first.py', 'first.py']
    assert rows[1].overrides == {'+model.loss': 'cosine'} and rows[2].features == 'shuffled_3'
    assert len(network_rows('first.py', 'second.py', NETWORKS, 0)) == len(NETWORKS)


@pytest.mark.parametrize(('names', 'second'), [(['stage 2'], None), (['stage 3'], 'second.py')])
def test_rows_that_cannot_be(names, second):
    with pytest.raises(ConfigError, match='rows are some of'):
        network_rows('first.py', second, names, 0)


def test_rows_change_what_the_configs_have():
    root = Path(__file__).parents[2] / 'configs'
    for kind in ('rooms', 'rooms_superpoints'):
        for row in network_rows(*(f'{root}/sas_stage{stage}_{kind}.py' for stage in (1, 2)), NETWORKS, 0):
            changed = load_config(row.config, row.overrides)
            assert changed.model.get('loss', 'superpoints') == ('cosine' if row.name == 'no superpoints' else 'superpoints')


def test_means_and_spreads_over_seeds():
    runs = [dict.fromkeys(MEASURES, 0.5), dict.fromkeys(MEASURES, 0.7)]
    table = network_table({'stage 1': runs, 'no superpoints': [{'miou': 0.25}]})
    lines = [line.split() for line in table.splitlines()]
    first, second = (next(line for line in lines if name in line) for name in ('1', 'superpoints'))
    assert first.count('60.0') == len(MEASURES) and first.count('10.0') == len(MEASURES) and '2' in first
    assert second.count('25.0') == 1 and second.count('-') >= len(MEASURES) - 1


def test_each_network_learns_from_its_own_folder_and_is_measured_once(config, tmp_path, monkeypatch):
    trained, tested = [], []
    monkeypatch.setattr(sas_table, 'run_training', trained.append)
    monkeypatch.setattr(sas_table, 'run_test', lambda options: tested.append(options) or {'miou': 0.5})
    for _ in range(2):
        for row in network_rows('first.py', 'second.py', ['stage 2', 'no capability'], 1):
            assert train_and_test(Priors(config), row, config, 1, tmp_path) == {'miou': 0.5}
    second, equal = trained
    assert equal.overrides == {'train_dataloader.dataset.pipeline.1.folder': 'sas/without_capability'}
    assert second.overrides['load_from'] == str(tmp_path / 'stage_1_1') and (second.seed, second.resume) == (1, 'auto')
    assert second.overrides['train_dataloader.dataset.pipeline.1.folder'] == 'sas/fused'
    assert json.loads((tmp_path / 'stage_2_1' / 'metrics.json').read_text()) == {'miou': 0.5} and len(tested) == 2


def test_a_config_that_reads_no_features(config, tmp_path):
    config.train_dataloader.dataset.pipeline = STEPS[:1]
    with pytest.raises(ConfigError, match='does not load features'):
        train_and_test(Priors(config), network_rows('first.py', None, ['stage 1'], 0)[0], config, 0, tmp_path)
