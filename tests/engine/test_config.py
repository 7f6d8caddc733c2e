"""Configs: local files only, and typos are found and named."""

import pytest
from toy_system import ROOT, toy_config

from uniseg3d.engine.config import config_text, load_config
from uniseg3d.utils.errors import ConfigError


@pytest.mark.parametrize(
    ('key', 'message'),
    [
        ('train_cfg.max_iter', 'the nearest is train_cfg.max_iters'),
        ('trian_cfg.max_iters', 'the nearest is train_cfg'),
        ('train_dataloader.dataset.cont', 'the nearest is train_dataloader.dataset.count'),
        ('param_scheduler.3.eta_min', r'the nearest is param_scheduler\.\d\.eta_min'),
        ('model.zzzz', 'model has type'),
        ('model.type.x', 'the nearest is model.type'),
    ],
)
def test_an_unknown_key_is_refused_with_its_neighbour(tmp_path, key, message):
    with pytest.raises(ConfigError, match=f"the config has no key '{key}'; {message}; to add a new key write \\+{key}="):
        load_config(toy_config(tmp_path), {key: 1})


def test_known_and_added_keys_are_set(tmp_path):
    config = load_config(
        toy_config(tmp_path), {'param_scheduler.1.eta_min': 0.5, '+model.width': 4, 'train_dataloader.dataset.count': 3}
    )
    assert config.param_scheduler[1].eta_min == 0.5
    assert config.model.width == 4
    assert config.train_dataloader.dataset.count == 3


def test_addresses_are_refused():
    with pytest.raises(ConfigError, match='a config is a program, so only local files are read'):
        load_config('https://example.org/config.py')


def test_a_missing_file_is_named_with_its_neighbour(tmp_path):
    toy_config(tmp_path, name='semantic_rooms')
    with pytest.raises(ConfigError, match=r'semantic_room\.py does not exist; did you mean .*semantic_rooms\.py\?'):
        load_config(tmp_path / 'semantic_room.py')


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('a = (1,\n', 'line 1'),
        ('a = b', 'NameError'),
        ("_base_ = './no.py'", 'no.py'),
        ("a = __import__('no_such_module')", 'no_such_module'),
        ('a = 1 / 0', 'ZeroDivisionError'),
        ('assert False', 'AssertionError'),
    ],
)
def test_broken_configs_are_one_sentence(tmp_path, text, message):
    path = tmp_path / 'broken.py'
    path.write_text(text)
    with pytest.raises(ConfigError, match=message) as caught:
        load_config(path)
    assert 'broken.py' in str(caught.value)


@pytest.mark.parametrize(
    ('typo', 'key'),
    [
        ('train_dataloder', 'train_dataloader'),
        ('allow_mismach', 'allow_mismatch'),
        ('lod_from', 'load_from'),
        ('custom_hook', 'custom_hooks'),
        ('tta_pipeline', 'tta_pipelines'),
    ],
)
def test_a_misspelt_top_level_key_is_found(tmp_path, typo, key):
    """Also where a base file sets the right key, as the shipped ones do."""
    with pytest.raises(ConfigError, match=f"the config sets '{typo}', which nothing reads; did you mean '{key}'"):
        load_config(toy_config(tmp_path, f'{typo} = dict(a=1)'))


def test_own_variables_are_allowed(tmp_path):
    assert load_config(toy_config(tmp_path, 'my_own_variable = 3\nnum_workers = 2\n')).my_own_variable == 3


@pytest.mark.parametrize('path', sorted((ROOT / 'configs').rglob('*.py')), ids=lambda path: path.stem)
def test_shipped_configs_have_no_typos(path):
    load_config(path)


def test_printing_a_part(tmp_path):
    config = load_config(toy_config(tmp_path))
    assert "type='ToyModel'" in config_text(config)
    assert config_text(config, 'train_cfg.max_iters') == '1000'
    assert 'ToyModel' in config_text(config, 'model')
    with pytest.raises(ConfigError, match='the nearest is model'):
        config_text(config, 'modl')
