"""The numbers of a test are written by the first process only."""

from types import SimpleNamespace

import pytest

from uniseg3d.engine.hooks import LoggerHook
from uniseg3d.registry import HOOKS


@pytest.mark.parametrize(('rank', 'files'), [(0, ['numbers.json']), (1, [])])
def test_one_process_writes(tmp_path, monkeypatch, rank, files):
    monkeypatch.setattr('mmengine.dist.utils.get_rank', lambda group=None: rank)
    runner = SimpleNamespace(
        log_dir=str(tmp_path),
        test_dataloader=[0],
        logger=SimpleNamespace(info=print),
        log_processor=SimpleNamespace(get_log_after_epoch=lambda *_, **__: ({'miou': 0.5}, 'text')),
    )
    hook = HOOKS.build({'type': 'LoggerHook'})
    assert isinstance(hook, LoggerHook)  # a config's plain name means this one
    hook.json_log_path = 'numbers.json'
    hook.after_test_epoch(runner)
    assert [path.name for path in tmp_path.iterdir()] == files
