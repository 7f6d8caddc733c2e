"""Averaged weights (mmengine's EMAHook): tests use the average, and an interrupted training goes on with it."""

import pytest
import torch
from toy_system import toy_config, train_toy

from uniseg3d.engine.launch import run_test
from uniseg3d.engine.options import TestOptions
from uniseg3d.utils.weights import load_weights

EMA = 'default_hooks = dict(checkpoint=dict(by_epoch=False, iter_interval=3))\ntrain_cfg = dict(max_iters=9)\n'
HOOK = "dict(type='EMAHook', momentum=0.3)"


def file_of(folder):
    return load_weights(folder / 'iter_9.pth').state_dict


@pytest.fixture(scope='module')
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp('ema')
    config = toy_config(folder, EMA + f'custom_hooks = [{HOOK}]', name='whole')
    return folder, config, train_toy(config, folder / 'losses', work_dir=f'{folder}/run')


def test_files_hold_the_average_which_lags_behind_the_last_step(whole, tmp_path):
    folder, _, losses = whole
    plain = toy_config(tmp_path, EMA, name='plain')
    assert train_toy(plain, tmp_path / 'losses', work_dir=f'{tmp_path}/run') == losses  # training itself is the same
    average, last = file_of(folder / 'run'), file_of(tmp_path / 'run')
    assert average.keys() == last.keys()
    assert any(not torch.equal(average[name], last[name]) for name in last)


def test_an_interrupted_average_goes_on(whole, tmp_path):
    folder, _, losses = whole
    stopped = toy_config(tmp_path, EMA + f"custom_hooks = [{HOOK}, dict(type='StopAfter', iteration=7)]", name='cut')
    assert train_toy(stopped, tmp_path / 'begun') == losses[:7]
    hooks = {'custom_hooks': [{'type': 'EMAHook', 'momentum': 0.3}]}
    assert train_toy(stopped, tmp_path / 'rest', resume='auto', overrides=hooks) == losses[6:]
    rest, uninterrupted = file_of(tmp_path / 'work'), file_of(folder / 'run')
    assert all(torch.equal(rest[name], value) for name, value in uninterrupted.items())


def test_the_average_is_tested(whole, tmp_path):
    folder, config, _ = whole
    plain = toy_config(tmp_path, EMA, name='plain')
    both = [
        run_test(TestOptions(config=str(each), checkpoint=folder / 'run', overrides={'work_dir': f'{tmp_path}/{name}'}))
        for name, each in (('hook', config), ('plain', plain))
    ]
    assert both[0] == both[1] and both[0]
