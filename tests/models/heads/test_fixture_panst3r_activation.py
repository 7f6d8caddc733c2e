"""Raw channels to points and confidence, against the original's numbers."""

import pytest
from panst3r_archives import assert_equals, tensor

from uniseg3d.models.heads.pointmap import PointActivation

GEOMETRY = 'vii_geometry'
CHANNELS = {'pts3d': [0, 1, 2, 6], 'pts3d_local': [3, 4, 5, 6]}  # of seven: world, local, confidence


@pytest.mark.full_set
@pytest.mark.parametrize(('mode', 'case'), [('exp', 'post'), ('linear', 'post_linear')])
@pytest.mark.parametrize('which', CHANNELS)
def test_points_and_confidence(mode, case, which):
    answers = PointActivation(mode)(tensor(GEOMETRY, 'in.post.raw')[..., CHANNELS[which]])
    assert_equals(answers.points, GEOMETRY, f'{case}.{which}')
    assert_equals(answers.confidence, GEOMETRY, f'{case}.conf')
