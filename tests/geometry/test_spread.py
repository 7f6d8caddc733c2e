"""Places spread over a row."""

import pytest

from uniseg3d.geometry.spread import spread


@pytest.mark.parametrize(
    ('count', 'chosen', 'expected'),
    [(5, 2, [0, 4]), (6, 3, [0, 2, 5]), (3, 8, [0, 1, 2]), (10, 8, [0, 1, 3, 4, 5, 6, 8, 9]), (4, 1, [0]), (0, 2, [])],
)
def test_ends_belong_to_it_and_no_place_comes_twice(count, chosen, expected):
    assert spread(count, chosen) == expected
