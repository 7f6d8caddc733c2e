"""Running things: configs to runners, loops that resume anywhere, hooks that keep files whole."""

from uniseg3d.engine.autocast import BFloat16OptimWrapper
from uniseg3d.engine.benchmark_writer import BenchmarkWriter
from uniseg3d.engine.clicking import ClickingTestLoop
from uniseg3d.engine.hooks import AtomicCheckpointHook, HistoryHook, LossGuardHook, PictureHook, PredictionDumpHook
from uniseg3d.engine.launch import build_runner
from uniseg3d.engine.loops import ResumableEpochLoop, ResumableIterLoop
from uniseg3d.engine.muon import Muon
from uniseg3d.engine.progress_line import ProgressLine
from uniseg3d.engine.runner import SceneRunner
from uniseg3d.engine.sampler import EpochSampler
from uniseg3d.engine.schedules import TenfoldPolyLR, WarmupCosineLR
from uniseg3d.engine.view_sampler import ViewSampler
from uniseg3d.engine.voting import VotingTestLoop

__all__ = [
    'AtomicCheckpointHook',
    'BFloat16OptimWrapper',
    'BenchmarkWriter',
    'ClickingTestLoop',
    'EpochSampler',
    'HistoryHook',
    'LossGuardHook',
    'Muon',
    'PictureHook',
    'PredictionDumpHook',
    'ProgressLine',
    'ResumableEpochLoop',
    'ResumableIterLoop',
    'SceneRunner',
    'TenfoldPolyLR',
    'ViewSampler',
    'VotingTestLoop',
    'WarmupCosineLR',
    'build_runner',
]
