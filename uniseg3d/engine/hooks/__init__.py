"""What happens around the steps of a run."""

from uniseg3d.engine.hooks.checkpoint import AtomicCheckpointHook
from uniseg3d.engine.hooks.history import HistoryHook
from uniseg3d.engine.hooks.logger import LoggerHook
from uniseg3d.engine.hooks.loss_guard import LossGuardHook
from uniseg3d.engine.hooks.predictions import PictureHook, PredictionDumpHook

__all__ = ['AtomicCheckpointHook', 'HistoryHook', 'LoggerHook', 'LossGuardHook', 'PictureHook', 'PredictionDumpHook']
