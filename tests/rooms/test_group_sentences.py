"""Sentences about several objects or none say what is true of the room."""

from uniseg3d.rooms.group_sentences import ABSENT, categories_of_names, group_sentences


def told(number, category, text='it'):
    return {'object_id': str(number), 'object_name': category, 'description': text}


ROOMS = {
    'a': {
        'names': {'3': 'round table', '4': 'table', '5': 'armchair', '7': 'round table'},
        'sentences': [told(3, 'table', 'the near one'), told(4, 'table'), told(5, 'armchair'), told(9, 'ghost')],
    },
    'b': {
        'names': {'1': 'bed', '2': 'oval table'},
        'sentences': [told(1, 'bed'), told(2, 'table')],
    },
}
CATEGORIES = categories_of_names(ROOMS)


def entries(scene):
    return group_sentences(scene, ROOMS[scene], CATEGORIES)


def test_names_have_the_category_of_the_objects_that_are_described():
    assert CATEGORIES == {'round table': 'table', 'table': 'table', 'armchair': 'armchair', 'bed': 'bed', 'oval table': 'table'}


def test_single_objects_keep_their_sentences():
    singles = [entry for entry in entries('a') if len(entry['object_ids']) == 1]
    assert [(entry['object_ids'], entry['description'], entry['eval_type']) for entry in singles] == [
        ([3], 'the near one', 'st_w_d'),
        ([4], 'it', 'st_w_d'),
        ([5], 'it', 'st_wo_d'),
        ([9], 'it', 'st_wo_d'),
    ]


def test_every_object_that_a_name_fits_is_meant():
    several = [entry for entry in entries('a') if entry['eval_type'] == 'mt']
    assert [(entry['description'], entry['object_ids']) for entry in several] == [
        ('every round table in the room', [3, 7]),
        ('every table in the room', [3, 4, 7]),  # round tables are tables
    ]
    assert [entry for entry in entries('b') if entry['eval_type'] == 'mt'] == []


def test_names_that_fit_nothing_mean_nothing():
    absent = {entry['description']: entry for entry in entries('b') if not entry['object_ids']}
    assert set(absent) == {'the armchair of this room', 'the round table of this room'}  # an oval table is a table
    assert absent['the armchair of this room']['eval_type'] == 'zt_wo_d'
    assert absent['the round table of this room']['eval_type'] == 'zt_w_d'
    many = {f'thing {k}': f'thing {k}' for k in range(20)} | CATEGORIES
    chosen = [[entry for entry in group_sentences(scene, ROOMS[scene], many) if not entry['object_ids']] for scene in 'ab']
    assert [len(part) for part in chosen] == [ABSENT, ABSENT]
    assert chosen[0] == [e for e in group_sentences('a', ROOMS['a'], many) if not e['object_ids']]


def test_entries_have_the_fields_of_the_published_file():
    for number, entry in enumerate(entries('a')):
        assert entry['ann_id'] == number and entry['scene_id'] == 'a'
        assert entry.keys() == {
            *('scene_id', 'object_ids', 'object_name', 'ann_id', 'description', 'eval_type'),
            *('spatial', 'color', 'texture', 'shape'),
        }
