"""Published names to ours."""

from uniseg3d.utils.renaming import rename


def test_the_first_rule_wins_and_others_are_left_out():
    weights = {'a.b.weight': 1, 'a.c.weight': 2, 'x.a.b.weight': 3}
    assert rename(weights, {r'a\.b\.': 'first.', r'a\.': 'second.'}) == {'first.weight': 1, 'second.c.weight': 2}


def test_only_the_beginning_is_replaced():
    assert rename({'a.a.a.': 0, 'aXa.': 1}, {r'a\.': 'b.'}) == {'b.a.a.': 0}


def test_nothing():
    assert rename({}, {'a': 'b'}) == {} and rename({'a': 1}, {}) == {}
