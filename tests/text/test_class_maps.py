"""Classes of one list as those of another."""

from uniseg3d.text.class_lists import class_list, shipped_record
from uniseg3d.text.class_maps import class_positions


def lifted(*names: str) -> list[str]:
    target = class_list('panlift21').names
    return [target[place] if place >= 0 else '' for place in class_positions(names, 'panlift21')]


def test_equal_names_meet_and_others_do_not():
    assert class_positions(['chair', 'spaceship', 'wall'], 'scannet20').tolist() == [4, -1, 0]
    assert class_positions([], 'scannet20').tolist() == []
    names = class_list('scannet20').names
    assert class_positions(names, 'scannet20').tolist() == list(range(len(names)))


def test_the_benchmark_takes_its_own_tables_for_the_lists_that_it_knows():
    record = shipped_record('panlift21')
    for name in ('nyu40', 'coco133'):
        names = class_list(name).names
        differing = {
            known
            for known, place, expected in zip(names, class_positions(names, 'panlift21'), record[f'{name}_to_21'], strict=True)
            if place != expected
        }
        # names of both tables that they put at different places: the first table counts, and own names before all
        assert len(differing) <= 4, differing


def test_names_of_further_lists_go_where_their_words_go():
    assert lifted('office chair', 'storage cabinet', 'table lamp', 'paper bag') == ['chair', 'cabinet', 'lamp', 'bag']
    assert lifted('toilet, can, commode', 'sky-other', 'keyboard', 'tv-screen') == ['toilet', '', 'other', 'television']
    assert lifted('Floor', 'wall-brick', 'road, route') == ['floor', 'wall', 'floor']
