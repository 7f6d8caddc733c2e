from pathlib import Path

import pytest
import torch
from view_files import write_walks

from uniseg3d.engine.config import load_config
from uniseg3d.io.images import read_color
from uniseg3d.registry import MODELS
from uniseg3d.utils.errors import DataError
from uniseg3d.visualization.segment_sheet import GAP
from uniseg3d.visualization.view_segments import draw_segments

CONFIGS = Path(__file__).parents[2] / 'configs'
PAIR = [CONFIGS / 'panst3r_tiny_rooms.py', CONFIGS / 'panst3r_tiny_rooms_linked.py']


def test_photos_truth_and_both_answers_lie_above_one_another(tmp_path):
    walks = write_walks(tmp_path / 'walks', scenes=1, frames=14)
    model = MODELS.build(load_config(PAIR[0]).model)
    torch.save({'state_dict': model.state_dict()}, tmp_path / 'weights.pth')
    draw_segments(PAIR, tmp_path / 'weights.pth', [0], tmp_path / 'drawn.png', str(walks))
    drawn = read_color(tmp_path / 'drawn.png')
    assert drawn.shape == (4 * 2 * 48 + 3 * GAP, 10 * 2 * 64, 3) and drawn[:96].std() > 1
    with pytest.raises(DataError, match='there is no sequence 9'):
        draw_segments(PAIR, tmp_path / 'weights.pth', [9], tmp_path / 'none.png', str(walks))
