"""Family i: the original's rotary embedding, ours and the literal one of the benchmarks."""

import re
import sys
from pathlib import Path

import pytest
from point3r_archives import archive, assert_equals, tensor

sys.path.insert(0, str(Path(__file__).parents[2] / 'tools'))

from peers.literal_point3r import literal_rotation_3d

from uniseg3d.ops.rope3d import rotation_3d

WIDTHS = sorted({int(found[1]) for found in (re.match(r'hd(\d+)/', key) for key in archive('i_rope')) if found})


@pytest.mark.parametrize('width', WIDTHS)
@pytest.mark.parametrize('suffix', ['', '_with_pose'])
def test_tokens_are_turned_as_published(width, suffix):
    positions = tensor('i_rope', f'hd{width}/positions')
    tokens = tensor('i_rope', f'hd{width}/tokens{suffix}')
    expected = tensor('i_rope', f'hd{width}/out{suffix}')
    leading = tokens.shape[2] - positions.shape[1]
    assert_equals(rotation_3d(positions, width, leading)(tokens), expected, f'width {width}')
    assert_equals(literal_rotation_3d(tokens, positions, leading), expected, f'width {width}, literal')


def test_an_odd_and_an_even_split_are_there():
    assert {width // 3 % 2 for width in WIDTHS} == {0, 1}
