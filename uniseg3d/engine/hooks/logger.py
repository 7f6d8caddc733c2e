"""mmengine's log hook, made safe for several processes."""

from mmengine.dist import master_only
from mmengine.hooks import LoggerHook as MMEngineLoggerHook
from mmengine.runner import Runner

from uniseg3d.registry import HOOKS


@HOOKS.register_module()
class LoggerHook(MMEngineLoggerHook):
    """As mmengine's, but the file of a test's numbers is written by one process: theirs write it at the same time."""

    @master_only
    def after_test_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        super().after_test_epoch(runner, metrics)
