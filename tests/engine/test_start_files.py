"""Files that a model starts from are read where they count: not where a checkpoint replaces all of it."""

import pytest
from mmengine.config import Config
from mmengine.model import BaseModel
from torch import nn

from uniseg3d.engine.runner import SceneRunner


class Starting(BaseModel):
    """Counts how often it was asked to read its files."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.asked = nn.Linear(2, 2), 0

    def init_weights(self) -> None:
        self.asked += 1

    def forward(self, mode: str = 'tensor') -> None: ...


@pytest.mark.parametrize(
    ('options', 'allow_mismatch', 'asked'),
    [
        ({}, False, 1),
        ({'load_from': 'whole.pth'}, False, 0),
        ({'load_from': 'part.pth'}, True, 1),
        ({'load_from': 'whole.pth', 'resume': True}, False, 0),
        ({'load_from': 'whole.pth', 'resume': True}, True, 0),
    ],
)
def test_the_files_are_read_when_they_count(tmp_path, options, allow_mismatch, asked):
    config = Config({'allow_mismatch': allow_mismatch})
    name = f'start-{asked}-{allow_mismatch}-{len(options)}'
    runner = SceneRunner(
        Starting(), str(tmp_path), cfg=config, default_scope='uniseg3d', experiment_name=name, log_level='ERROR', **options
    )
    runner._init_model_weights()
    assert runner.model.asked == asked
