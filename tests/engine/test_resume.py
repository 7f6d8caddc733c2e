"""An interrupted run continues with the same batches, the same random numbers and the same losses, bit by bit."""

import contextlib
import multiprocessing
import os
import re
import resource
import shutil

import pytest
import torch
from toy_system import toy_config, train_toy

from uniseg3d.engine.launch import run_test, run_training
from uniseg3d.engine.options import TestOptions, TrainOptions
from uniseg3d.engine.resume import checkpoints, newest_good
from uniseg3d.utils.errors import CheckpointError, DataError, DivergenceError

EVERY_3 = 'default_hooks = dict(checkpoint=dict(by_epoch=False, iter_interval=3))\n'
ITERATIONS = EVERY_3 + 'train_cfg = dict(max_iters=14, val_interval=4)\n'
EPOCHS = (
    EVERY_3
    + "train_cfg = dict(type='ResumableEpochLoop', max_epochs=3, _delete_=True)\n"
    + "param_scheduler = [dict(type='PolyLR', by_epoch=True, begin=0, power=0.9)]\n"
)
WORKERS = 'train_dataloader = dict(num_workers=2, persistent_workers={})\n'


@pytest.mark.parametrize('changes', [ITERATIONS, EPOCHS], ids=['iterations', 'epochs'])
@pytest.mark.parametrize('stop', [4, 6, 10, 11])
def test_same_losses_after_an_interruption(tmp_path, changes, stop):
    """5 iterations make an epoch: the files of iterations 3, 6 and 9 lie in the middle of one."""
    whole = train_toy(toy_config(tmp_path, changes, name=f'whole{stop}'), tmp_path / 'whole', work_dir=f'{tmp_path}/whole_run')
    config = toy_config(tmp_path, changes + f"custom_hooks = [dict(type='StopAfter', iteration={stop})]", name=f'cut{stop}')
    begun = train_toy(config, tmp_path / 'begun')
    saved = stop // 3 * 3
    assert begun == whole[:stop]
    assert next(path.name for path in checkpoints(tmp_path / 'work')) == f'iter_{saved}.pth'
    rest = train_toy(config, tmp_path / 'rest', resume='auto', overrides={'custom_hooks': []})
    assert rest == whole[saved:]
    assert len(whole) == (14 if changes is ITERATIONS else 15)


@pytest.mark.parametrize('persistent', [True, False])
def test_workers_change_no_sample(tmp_path, persistent):
    """Two workers, kept over the epochs or started anew, feed what the main process feeds."""
    alone = train_toy(toy_config(tmp_path, ITERATIONS, name='alone'), tmp_path / 'alone', work_dir=f'{tmp_path}/a')
    config = toy_config(tmp_path, ITERATIONS + WORKERS.format(persistent), name='helped')
    assert train_toy(config, tmp_path / 'helped', work_dir=f'{tmp_path}/b') == alone
    epochs = [[scene for scenes, _ in alone[i : i + 5] for scene in scenes] for i in (0, 5)]
    assert sorted(epochs[0]) == sorted(epochs[1])
    assert epochs[0] != epochs[1]


def test_seeds_reach_weights_order_and_samples(tmp_path):
    config = toy_config(tmp_path, ITERATIONS)
    runs = [train_toy(config, tmp_path / f't{i}', seed=seed, work_dir=f'{tmp_path}/{i}') for i, seed in enumerate((3, 3, 4))]
    assert runs[0] == runs[1]
    assert [scenes for scenes, _ in runs[0]] != [scenes for scenes, _ in runs[2]]


def test_best_and_newest_files_are_kept(tmp_path):
    changes = (
        ITERATIONS
        + "default_hooks = dict(checkpoint=dict(by_epoch=False, iter_interval=3, max_keep_ckpts=2, \
save_best='miou', rule='greater'))\n"
    )
    train_toy(toy_config(tmp_path, changes), tmp_path / 'trace')
    names = sorted(path.name for path in (tmp_path / 'work').glob('*.pth'))
    best = [name for name in names if name.startswith('best_miou_iter_')]
    assert len(best) == 1
    regular = [path.name for path in checkpoints(tmp_path / 'work')]
    assert len(regular) == 2
    assert regular[0] == 'iter_14.pth'
    assert (tmp_path / 'work' / 'last_checkpoint').read_text().endswith('iter_14.pth')
    content = torch.load(tmp_path / 'work' / best[0], weights_only=True)  # torch's own safe reader accepts what we write
    assert 'optimizer' not in content
    info = torch.load(tmp_path / 'work' / 'iter_14.pth', weights_only=True)['message_hub']['runtime_info']
    assert info['best_ckpt'].endswith(best[0])


def test_the_best_file_of_another_folder_stays(tmp_path):
    """The file's name comes out of a checkpoint: a copy of a run, or one made to delete something."""
    hook = "default_hooks = dict(checkpoint=dict(iter_interval=2, save_best='miou', rule='greater'))\n"
    config = toy_config(tmp_path, hook + 'train_cfg = dict(max_iters=4, val_interval=4)')
    train_toy(config, tmp_path / 'trace')
    strangers = [tmp_path / 'thesis.txt', tmp_path / 'best_miou_iter_2.pth', tmp_path / 'work' / 'notes.txt']
    content = torch.load(tmp_path / 'work' / 'iter_2.pth', weights_only=True)
    for stranger in [*strangers, tmp_path / 'work' / 'best_miou_iter_1.pth']:
        stranger.write_text('mine')
        content['message_hub']['runtime_info'].update(best_ckpt=str(stranger), best_score=-1.0)
        torch.save(content, tmp_path / 'gift.pth')
        train_toy(config, tmp_path / 'again', resume=str(tmp_path / 'gift.pth'))
    assert all(stranger.exists() for stranger in strangers)
    assert not (tmp_path / 'work' / 'best_miou_iter_1.pth').exists()


@pytest.fixture
def run(tmp_path):
    """A finished run with files of iterations 3, 6 and 8."""
    config = toy_config(tmp_path, EVERY_3 + 'train_cfg = dict(max_iters=8)')
    train_toy(config, tmp_path / 'trace')
    return config


def truncate(path) -> None:
    with open(path, 'rb+') as file:
        file.truncate(path.stat().st_size // 2)


def test_a_truncated_newest_file_is_passed_over(tmp_path, run, capsys):
    work = tmp_path / 'work'
    truncate(work / 'iter_8.pth')
    (work / '.tmp-iter_9-x.pth').write_bytes(b'left by a kill')
    steps = train_toy(run, tmp_path / 'again', resume='auto')
    text = capsys.readouterr().out
    assert len(steps) == 2
    assert 'iter_8.pth (' in text
    assert 'Continuing from the previous good one' in text
    assert 'iter_6.pth' in text
    assert not list(work.glob('.tmp-*'))


def test_no_good_file_is_an_error_with_path_and_size(tmp_path, run):
    for path in (tmp_path / 'work').glob('*.pth'):
        truncate(path)
    with pytest.raises(CheckpointError, match=r'no checkpoint in .*work can be read: .*iter_8\.pth \(\d+ bytes\)'):
        run_training(TrainOptions(config=str(run), resume='auto'))


def test_flipped_bytes_are_found(tmp_path, run, capsys):
    path = tmp_path / 'work' / 'iter_8.pth'
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 64] = bytes(byte ^ 0xFF for byte in content[middle : middle + 64])
    path.write_bytes(content)
    assert newest_good(tmp_path / 'work').name == 'iter_6.pth'
    assert 'iter_8.pth is damaged: the checksum of' in capsys.readouterr().out


def test_files_of_an_earlier_run_in_the_folder_do_not_count(tmp_path):
    changes = 'default_hooks = dict(checkpoint=dict(iter_interval=2))\ntrain_cfg = dict(max_iters=6)\n'
    config = toy_config(tmp_path, changes)
    train_toy(config, tmp_path / 'earlier')
    whole = train_toy(config, tmp_path / 'whole', seed=5, work_dir=f'{tmp_path}/alone')
    cut = toy_config(tmp_path, changes + "custom_hooks = [dict(type='StopAfter', iteration=4)]", name='cut')
    train_toy(cut, tmp_path / 'cut', seed=5)
    assert newest_good(tmp_path / 'work').name == 'iter_4.pth'
    assert train_toy(config, tmp_path / 'rest', seed=5, resume='auto') == whole[4:]


def test_a_run_that_saves_elsewhere_is_found(tmp_path):
    changes = f"default_hooks = dict(checkpoint=dict(iter_interval=2, out_dir='{tmp_path}/large disk'))\n"
    config = toy_config(tmp_path, changes + 'train_cfg = dict(max_iters=6)')
    whole = train_toy(config, tmp_path / 'whole')
    (tmp_path / 'large disk' / 'work' / '.tmp-iter_9-x.pth').write_text('left by a kill')
    truncate(tmp_path / 'large disk' / 'work' / 'iter_6.pth')
    assert train_toy(config, tmp_path / 'rest', resume='auto') == whole[4:]
    assert not list((tmp_path / 'large disk').rglob('.tmp-*'))


def test_a_copy_goes_on_from_its_own_files(tmp_path, run):
    shutil.copytree(tmp_path / 'work', tmp_path / 'copy')
    assert newest_good(tmp_path / 'copy') == tmp_path / 'copy' / 'iter_8.pth'


def test_weights_without_moments_are_no_run(tmp_path, run):
    content = torch.load(tmp_path / 'work' / 'iter_6.pth', weights_only=True)
    del content['optimizer']
    torch.save(content, tmp_path / 'best_miou_iter_6.pth')
    with pytest.raises(CheckpointError, match=r'holds no state of the optimizer, .* name an epoch_'):
        run_training(TrainOptions(config=str(run), resume=str(tmp_path / 'best_miou_iter_6.pth')))


def test_spoilt_weights_are_not_saved(tmp_path):
    config = toy_config(tmp_path, 'train_cfg = dict(max_iters=1)\nparam_scheduler = []')
    with pytest.raises(DivergenceError, match=r'the weights are not finite after the last step, so iter_1\.pth was not'):
        run_training(TrainOptions(config=str(config), overrides={'optim_wrapper.optimizer.lr': float('inf')}))
    assert not list((tmp_path / 'work').glob('*.pth'))


def test_resume_without_files_starts_fresh_and_says_so(tmp_path, capsys):
    config = toy_config(tmp_path, 'train_cfg = dict(max_iters=2)')
    assert newest_good(tmp_path / 'work') is None
    assert len(train_toy(config, tmp_path / 'trace', resume='auto')) == 2
    assert 'nothing to resume in' in capsys.readouterr().out


@pytest.mark.parametrize('how', ['resume', 'load_from', 'test'])
def test_a_missing_file_is_an_error_before_data_is_read(tmp_path, run, how):
    broken = {'train_dataloader.dataset.type': 'NoSuchData', 'test_dataloader.dataset.type': 'NoSuchData'}
    path = str(tmp_path / 'work' / 'iter_7.pth')
    with pytest.raises(CheckpointError, match=r'iter_7\.pth does not exist; beside it there are: iter_3\.pth, iter_6'):
        if how == 'test':
            run_test(TestOptions(config=str(run), checkpoint=path, overrides=broken))
        elif how == 'resume':
            run_training(TrainOptions(config=str(run), resume=path, overrides=broken))
        else:
            run_training(TrainOptions(config=str(run), overrides=broken | {'load_from': path}))


def test_weights_are_no_run(tmp_path, run):
    content = torch.load(tmp_path / 'work' / 'iter_8.pth', weights_only=True)
    torch.save(content['state_dict'], tmp_path / 'weights.pth')
    with pytest.raises(CheckpointError, match='holds no state of a run; to start from its weights'):
        run_training(TrainOptions(config=str(run), resume=str(tmp_path / 'weights.pth')))
    steps = train_toy(run, tmp_path / 'tuned', overrides={'load_from': f'{tmp_path}/weights.pth'}, work_dir=f'{tmp_path}/t')
    assert len(steps) == 8


def test_config_text_in_a_checkpoint_is_never_run(tmp_path, run):
    """mmengine executes meta.config while it resumes."""
    victim = tmp_path / 'made-by-attack'
    path = tmp_path / 'work' / 'iter_6.pth'
    content = torch.load(path, weights_only=True)
    content['meta']['config'] = f'open({str(victim)!r}, "w").close()'
    torch.save(content, path)
    assert len(train_toy(run, tmp_path / 'again', resume=str(path))) == 2
    assert not victim.exists()


def test_weights_of_another_shape_are_refused_by_name(tmp_path, run):
    wider = {'+model.width': 16, 'load_from': str(tmp_path / 'work' / 'iter_8.pth')}
    with pytest.raises(CheckpointError, match=r'of another shape: layers\.0\.weight: file \(\[8, 3\]\), model \(\[16, 3\]\)'):
        run_training(TrainOptions(config=str(run), overrides=wider, work_dir=f'{tmp_path}/wide'))
    steps = train_toy(run, tmp_path / 'wide_trace', overrides=wider | {'allow_mismatch': True}, work_dir=f'{tmp_path}/wide')
    assert len(steps) == 8


def test_a_complete_run_says_so(tmp_path, run):
    assert train_toy(run, tmp_path / 'again', resume='auto') == []
    texts = [path.read_text() for path in (tmp_path / 'work').rglob('*.log')]
    assert any('this run is complete: 8 of 8 iterations' in text for text in texts)


def test_a_longer_schedule_is_refused(tmp_path, run):
    """The scheduler's state would keep the old end, and the learning rate would rise again after it."""
    with pytest.raises(CheckpointError, match=r"iter_8\.pth belongs to a run with another .*'end': 8.*'end': 30"):
        run_training(TrainOptions(config=str(run), resume='auto', overrides={'train_cfg.max_iters': 30}))
    texts = [path.read_text() for path in (tmp_path / 'work').rglob('*.log')]
    assert not any('larger train_cfg' in text for text in texts)


def test_a_file_without_schedules_is_refused(tmp_path, run):
    content = torch.load(tmp_path / 'work' / 'iter_6.pth', weights_only=True)
    del content['param_schedulers']
    torch.save(content, tmp_path / 'gift.pth')
    with pytest.raises(CheckpointError, match=r'gift\.pth belongs to a run with another learning rate schedule: \[\] there'):
        run_training(TrainOptions(config=str(run), resume=str(tmp_path / 'gift.pth')))


@pytest.mark.parametrize('seed', [None, 77])
def test_the_seed_of_the_run_goes_on(tmp_path, seed):
    """A run that drew its seed, and one that is resumed with another: weights, order and samples follow the stored seed."""
    changes = EVERY_3 + 'train_cfg = dict(max_iters=8)\nrandomness = dict(seed=None)\n'
    config = toy_config(tmp_path, changes)
    whole = train_toy(config, tmp_path / 'whole')
    rest = train_toy(config, tmp_path / 'rest', seed=seed, resume=str(tmp_path / 'work' / 'iter_3.pth'))
    assert rest == whole[3:]
    texts = [path.read_text() for path in (tmp_path / 'work').rglob('*.log')]
    assert any('the seed 77 is not used' in text for text in texts) == (seed == 77)


@pytest.mark.parametrize(
    'damage',
    [
        {'message_hub': 3},
        {'message_hub': {'log_scalars': {'loss': 1}}},
        {'run_state': []},
        {'run_state': {'data': {'wrong': 1}, 'random': []}},
        {'run_state': {'data': None, 'random': [{'python': 1}]}},
        {'meta': None},
        {'optimizer': 'x'},
        {'param_schedulers': [1]},
    ],
    ids=str,
)
def test_a_malformed_state_is_one_sentence(tmp_path, run, damage):
    content = torch.load(tmp_path / 'work' / 'iter_6.pth', weights_only=True)
    torch.save(content | damage, tmp_path / 'gift.pth')
    with pytest.raises(CheckpointError, match=r'gift\.pth holds a malformed state of a run'):
        run_training(TrainOptions(config=str(run), resume=str(tmp_path / 'gift.pth')))


def save_on_a_full_disk(config, answers) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    with open(os.devnull, 'w') as nothing, contextlib.redirect_stdout(nothing), contextlib.redirect_stderr(nothing):
        try:
            run_training(TrainOptions(config=str(config), resume='auto', overrides={'train_cfg.max_iters': 12}))
        except DataError as error:
            answers.put(str(error))


def test_a_full_disk_leaves_the_last_good_file(tmp_path):
    """Files may not grow beyond 100 kB; weights and moments of the optimiser are larger."""
    constant = "param_scheduler = [dict(type='LinearLR', by_epoch=False, begin=0, end=5)]\n"  # so that the run may be extended
    config = toy_config(tmp_path, EVERY_3 + constant + 'train_cfg = dict(max_iters=8)\nmodel = dict(width=4096)')
    train_toy(config, tmp_path / 'trace')
    before = sorted(path.name for path in (tmp_path / 'work').iterdir() if path.is_file())
    forked = multiprocessing.get_context('fork')
    answers = forked.Queue()
    process = forked.Process(target=save_on_a_full_disk, args=(config, answers))
    process.start()
    message = answers.get(timeout=60)
    process.join()
    assert re.search(r'cannot write .*iter_9\.pth: .*too large; nothing was changed', message)
    assert sorted(path.name for path in (tmp_path / 'work').iterdir() if path.is_file()) == before
    assert newest_good(tmp_path / 'work').name == 'iter_8.pth'
