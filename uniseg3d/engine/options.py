"""What the command lines of training and testing ask for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class RunOptions:
    """What the command lines of training and testing share."""

    config: str
    work_dir: str | None = None
    launcher: str = 'none'
    overrides: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None
    deterministic: bool = False


@dataclass
class TestOptions(RunOptions):
    """Options of a test run. ``clicks``: rounds of a simulated user. ``format_only``: a folder, '' for <work_dir>/format."""

    __test__ = False  # not a test case, whatever its name

    checkpoint: str = ''
    dump: str | None = None
    show_dir: str | None = None
    show_count: int = 8
    tta: bool = False
    clicks: int | None = None
    format_only: str | None = None


@dataclass
class TrainOptions(RunOptions):
    """Options of a training run. ``resume``: '' = no, 'auto' = newest in the work dir, else a file."""

    resume: str = ''
    amp: bool = False
    auto_scale_lr: bool = False
