"""From options to runs: every switch does what its help says, and mistakes are one sentence."""

import json
import math
from pathlib import Path

import pytest
import torch
from toy_system import toy_config, train_toy

from uniseg3d.engine.autocast import BFloat16OptimWrapper
from uniseg3d.engine.config import load_config
from uniseg3d.engine.launch import build_runner, run_test, run_training
from uniseg3d.engine.options import TestOptions, TrainOptions
from uniseg3d.engine.rescore import rescore
from uniseg3d.registry import MODELS
from uniseg3d.utils.errors import CheckpointError, ConfigError, DataError, DivergenceError

CONFIGS = Path(__file__).parents[2] / 'configs'
SHORT = 'train_cfg = dict(max_iters=4)\ndefault_hooks = dict(checkpoint=dict(iter_interval=2), logger=dict(interval=1))\n'


@pytest.fixture
def run(tmp_path):
    config = toy_config(tmp_path, SHORT)
    train_toy(config, tmp_path / 'trace')
    return config


def test_the_work_dir_is_named_after_the_config(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runner = build_runner(load_config(toy_config(tmp_path, 'work_dir = None', name='my name é')))
    assert Path(runner.work_dir) == tmp_path / 'work_dirs' / 'my name é'


@pytest.mark.parametrize(('asked', 'threads'), [(None, 6), ('3', 1)])
def test_the_model_leaves_the_loader_its_cores(tmp_path, monkeypatch, asked, threads):
    monkeypatch.setattr('os.cpu_count', lambda: 8)
    monkeypatch.delenv('OMP_NUM_THREADS')
    if asked:
        monkeypatch.setenv('OMP_NUM_THREADS', asked)  # the user's word counts: torch has read it, nothing is changed
    try:
        build_runner(load_config(toy_config(tmp_path, 'train_dataloader = dict(num_workers=2)')))
        assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(1)


def test_a_folder_that_refuses_files_is_found_before_training(tmp_path):
    (tmp_path / 'file').write_text('')
    with pytest.raises(DataError, match=r'cannot write into .*file/run'):
        run_training(TrainOptions(config=str(toy_config(tmp_path)), work_dir=str(tmp_path / 'file' / 'run')))


def test_the_progress_line_has_everything(tmp_path, run):
    (log,) = (tmp_path / 'work').rglob('*.log')
    line = next(line for line in log.read_text().splitlines() if 'Iter(train) [4/4]' in line)
    assert all(part in line for part in ('lr:', 'eta:', 'time:', 'loss:', 'loss_toy:', 'grad_norm:', 'memory:'))


def test_streams_start_from_all_that_pairs_learned(tmp_path):
    pairs = MODELS.build(load_config(CONFIGS / 'dust3r_tiny_rooms.py').model)
    for step in (9, 10):
        torch.save({'state_dict': pairs.state_dict(), 'meta': {}}, tmp_path / f'iter_{step}.pth')
    config = load_config(CONFIGS / 'point3r_tiny_rooms.py', {'model.dust3r_weights': str(tmp_path)})
    config.work_dir = str(tmp_path / 'work')
    runner = build_runner(config)
    runner.model.init_weights()
    assert runner.model.dust3r_weights == str(tmp_path / 'iter_10.pth')
    assert torch.equal(runner.model.decoder.memory_blocks[0].attn.qkv.weight, pairs.decoder.blocks[0].attn.qkv.weight)


def test_mixed_precision_runs_on_a_cpu(tmp_path):
    runner = run_training(
        TrainOptions(config=str(toy_config(tmp_path, SHORT)), amp=True, overrides={'+model.watch_dtype': True})
    )
    assert isinstance(runner.optim_wrapper, BFloat16OptimWrapper)
    assert runner.model.seen == {torch.bfloat16}
    assert all(p.dtype == torch.float32 for p in runner.model.parameters())


def test_mixed_precision_refuses_foreign_wrappers(tmp_path):
    config = toy_config(tmp_path, "optim_wrapper = dict(type='MyWrapper')")
    with pytest.raises(ConfigError, match=r'--amp replaces OptimWrapper, .* optim_wrapper\.type=MyWrapper'):
        run_training(TrainOptions(config=str(config), amp=True))


def test_the_learning_rate_follows_the_batch(tmp_path):
    config = str(toy_config(tmp_path, SHORT))
    runner = run_training(TrainOptions(config=config, auto_scale_lr=True))
    assert runner.optim_wrapper.optimizer.defaults['lr'] == 1e-3
    assert runner.param_schedulers[0].base_values == [1e-3 * 2 / 4]
    with pytest.raises(ConfigError, match='--auto-scale-lr needs auto_scale_lr=dict'):
        run_training(TrainOptions(config=config, auto_scale_lr=True, overrides={'auto_scale_lr': None}))


@pytest.mark.parametrize(
    ('overrides', 'message'),
    [
        ({'model.type': 'ToyModell'}, "type='ToyModell' is not known to the model registry; did you mean ToyModel"),
        ({'+model.widht': 3}, "type='ToyModel' has no setting 'widht'"),
        ({'train_dataloader.dataset.type': 'NoSuch'}, "type='NoSuch' is not known to the dataset registry"),
        (
            {'train_dataloader.sampler.type': 'DefaultSampler'},
            'sampler is DefaultSampler; .* needs EpochSampler',
        ),
        (
            {'train_dataloader.dataset.count': 1, '+train_dataloader.drop_last': True},
            'set of 1 samples is smaller than',
        ),
        ({'train_cfg.max_iters': 0}, 'max_iters must be at least 1'),
        ({'train_cfg.max_iters': 'abc'}, "type='ResumableIterLoop' cannot be built from its settings"),
        ({'optim_wrapper.optimizer.type': 'AdamZ'}, "type='AdamZ' is not known to the optimizer registry; did you mean Adam"),
        ({'optim_wrapper.optimizer.lr': 'nope'}, "type='AdamW' cannot be built from its settings: .*correct them"),
        ({'train_dataloader.batch_size': 0}, 'cannot be built from its settings: batch_size should be a positive'),
        ({'randomness.seed': -1}, 'the seed must be a whole number from 0 to .*, got -1'),
        ({'randomness.seed': 'x'}, "the seed must be a whole number from 0 to .*, got 'x'"),
        ({'model': None}, r'toy\.py lacks model; add'),
        ({'train_cfg': None, 'optim_wrapper': None}, r'toy\.py lacks train_cfg, optim_wrapper; add'),
    ],
)
def test_config_mistakes_are_one_sentence(tmp_path, overrides, message):
    with pytest.raises((ConfigError, DataError), match=message):
        run_training(TrainOptions(config=str(toy_config(tmp_path, SHORT)), overrides=overrides))


def test_a_programming_error_keeps_its_traceback(tmp_path):
    with pytest.raises(RuntimeError, match='sample 3 cannot be read'):
        run_training(TrainOptions(config=str(toy_config(tmp_path, SHORT)), overrides={'+train_dataloader.dataset.fail': 3}))


def test_a_loss_that_is_not_finite_ends_the_run(tmp_path):
    config = toy_config(tmp_path, SHORT + 'train_dataloader = dict(sampler=dict(shuffle=False), dataset=dict(poison=5))\n')
    with pytest.raises(DivergenceError, match=r'at iteration 3 \(process 0\): loss, loss_toy; .*scenes: toy04, toy05'):
        run_training(TrainOptions(config=str(config)))
    saved = sorted(path.name for path in (tmp_path / 'work').glob('*.pth'))
    assert saved == ['iter_2.pth']
    weights = torch.load(tmp_path / 'work' / 'iter_2.pth', weights_only=True)['state_dict']
    assert all(torch.isfinite(value).all() for value in weights.values())


def test_a_dump_scores_as_the_run_did(tmp_path, run):
    dump = tmp_path / 'dump'
    metrics = run_test(TestOptions(config=str(run), checkpoint=str(tmp_path / 'work'), dump=str(dump)))
    assert 0 <= metrics['miou'] <= 1
    assert rescore(dump) == metrics
    assert rescore(dump, run) == metrics
    assert json.loads((dump / 'meta.json').read_text())['weights'].endswith('iter_4.pth')
    assert (tmp_path / 'work' / 'toy.py').read_text().count('max_iters=4')  # testing left the trained config in place


@pytest.mark.parametrize('asked', [{'dump': 'out'}, {'show_dir': 'out'}, {'format_only': ''}])
def test_views_leave_no_predictions_of_scenes(asked):
    options = TestOptions(config=str(CONFIGS / 'point3r_tiny_rooms.py'), checkpoint='untrained', **asked)
    with pytest.raises(ConfigError, match=r'--\S+ cannot serve.*tools/reconstruct\.py'):
        run_test(options)


def test_a_dump_with_gaps_is_refused(tmp_path, run):
    dump = tmp_path / 'dump'
    run_test(TestOptions(config=str(run), checkpoint=str(tmp_path / 'work'), dump=str(dump)))
    (dump / 'toy03.npz').unlink()
    with pytest.raises(DataError, match='lacks 1 of 5 scenes of the test data: toy03'):
        rescore(dump)
    (dump / 'config.json').unlink()
    with pytest.raises(ConfigError, match='was not written by --dump'):
        rescore(dump)


def test_benchmark_files_have_one_raw_id_per_vertex(tmp_path, run):
    folder = tmp_path / 'benchmark'
    metrics = run_test(TestOptions(config=str(run), checkpoint=str(tmp_path / 'work'), format_only=str(folder)))
    assert metrics == {'scenes_written': 5}
    lines = (folder / 'toy00.txt').read_text().splitlines()
    assert len(lines) == 12
    assert {int(line) for line in lines} <= {1, 2, 3}


def test_benchmark_files_lie_in_the_work_dir_unless_told_otherwise(tmp_path, run):
    run_test(TestOptions(config=str(run), checkpoint=str(tmp_path / 'work'), format_only=''))
    assert len(list((tmp_path / 'work' / 'format').glob('toy*.txt'))) == 5


def test_an_empty_config_lacks_everything(tmp_path):
    path = tmp_path / 'empty.py'
    path.write_text('')
    with pytest.raises(ConfigError, match=r'empty\.py lacks model, train_dataloader, train_cfg, optim_wrapper'):
        run_training(TrainOptions(config=str(path)))
    with pytest.raises(ConfigError, match=r'empty\.py lacks model, test_dataloader, test_cfg, test_evaluator'):
        run_test(TestOptions(config=str(path), checkpoint=''))


def test_an_untrained_model_is_tested_as_it_starts(run):
    untrained = [run_test(TestOptions(config=str(run), checkpoint='untrained')) for _ in range(2)]
    assert untrained[0] == untrained[1] != run_test(TestOptions(config=str(run), checkpoint=str(run.parent / 'work')))


def test_a_checkpoint_that_is_a_list_is_refused(tmp_path, run):
    torch.save([1], tmp_path / 'list.pth')
    with pytest.raises(CheckpointError, match=r'list\.pth holds a list; expected a dictionary of weights'):
        run_test(TestOptions(config=str(run), checkpoint=str(tmp_path / 'list.pth')))


def test_files_without_moments_can_be_tested(tmp_path):
    config = toy_config(tmp_path, SHORT + 'default_hooks.update(checkpoint=dict(iter_interval=2, save_optimizer=False))')
    run_training(TrainOptions(config=str(config)))
    assert 'miou' in run_test(TestOptions(config=str(config), checkpoint=str(tmp_path / 'work')))


def test_augmented_copies_vote(tmp_path, run):
    with pytest.raises(ConfigError, match='--tta needs tta_pipelines'):
        run_test(TestOptions(config=str(run), checkpoint=str(tmp_path / 'work'), tta=True))
    pipelines = {'+tta_pipelines': [[1.0], [-1.0], [1.0]], '+test_dataloader.dataset.pipeline': [1.0]}
    options = TestOptions(config=str(run), checkpoint=str(tmp_path / 'work'), overrides=pipelines)
    plain = run_test(options)
    options.tta = True
    assert run_test(options) == plain  # two copies of three are the plain one
    options.overrides = pipelines | {'+tta_pipelines': [[-1.0], [1.0], [-1.0]]}
    assert run_test(options) != plain


def test_pictures_come_from_the_visualizer(tmp_path, run):
    folder = tmp_path / 'pictures'
    run_test(TestOptions(config=str(run), checkpoint=str(tmp_path / 'work'), show_dir=str(folder), show_count=2))
    drawn = {path.name[:5] for path in folder.rglob('*.png')} | {path.name for path in folder.iterdir() if path.is_dir()}
    assert {'toy00', 'toy01'} <= drawn
    assert 'toy02' not in drawn
    assert (folder / 'tasks.png').exists()


def test_base_schedules_follow_the_length_of_the_run(tmp_path):
    """A delta changes one number."""
    cosine = toy_config(tmp_path, 'train_cfg = dict(max_iters=60)', name='cosine')
    runner = run_training(TrainOptions(config=str(cosine), work_dir=f'{tmp_path}/c'))
    assert runner.optim_wrapper.get_lr()['lr'] == [pytest.approx(1e-3 * (1 + math.cos(math.pi * 59 / 60)) / 2, rel=0.02)]
    epochs = toy_config(tmp_path, 'train_cfg = dict(max_epochs=2)', schedule='adamw_poly_512e', name='epochs')
    no_steps = {'train_cfg.dynamic_intervals': None}
    runner = run_training(TrainOptions(config=str(epochs), overrides=no_steps, work_dir=f'{tmp_path}/e'))
    assert runner.optim_wrapper.get_lr()['lr'] == [pytest.approx(0, abs=1e-12)]
    assert (runner.epoch, runner.iter) == (2, 10)
