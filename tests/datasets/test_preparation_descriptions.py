"""Files of sentences: what each entry means, and entries that mean nothing are named while the others are used."""

import json
from pathlib import Path

import pytest

from uniseg3d.datasets.preparation.descriptions import Description, read_descriptions

NR3D = 'assignmentid,stimulus_id,utterance,correct_guess,scan_id,instance_type,target_id,tokens,dataset,mentions_target_class\n'


def read(tmp_path: Path, source: str, content: object) -> tuple[list[Description], list[str]]:
    path = tmp_path / 'd.txt'
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding='utf-8')
    found, faults = read_descriptions(path, source)
    assert {fault.item for fault in faults} <= {'d.txt'}
    return found, [fault.reason for fault in faults]


def test_scanrefer(tmp_path: Path) -> None:
    entry = {'scene_id': 's', 'object_id': '12', 'object_name': 'trash_can', 'ann_id': '0', 'description': 'a bin', 'token': []}
    found, faults = read(tmp_path, 'scanrefer', [entry, entry | {'object_id': 3, 'kind': 'color'}])
    assert found == [Description('s', (12,), 'a bin', '', 'trash can'), Description('s', (3,), 'a bin', 'color', 'trash can')]
    assert faults == []


def test_multi3drefer(tmp_path: Path) -> None:
    entry = {'scene_id': 's', 'object_ids': [7, 2], 'object_name': 'office_chair', 'ann_id': 3, 'description': 'the chairs'}
    kinds = [{'eval_type': 'mt'}, {'object_ids': [], 'eval_type': 'zt_w_d'}, {'object_ids': [4]}]
    found, faults = read(tmp_path, 'multi3drefer', [entry | kind for kind in kinds])
    assert [(each.object_ids, each.kind, each.name) for each in found] == [
        ((2, 7), 'mt', 'office chair'),
        ((), 'zt_w_d', 'office chair'),
        ((4,), '', 'office chair'),
    ]
    assert faults == []


def test_nr3d(tmp_path: Path) -> None:
    rows = [
        '1,s-office_chair-2-5-9,"the chair, by the door",True,s,office chair,5,"[\'the\', \'chair\']",nr3d,True',
        "2,s-office_chair-3-5-9-11,facing it,True,s,office chair,5,\"['facing', 'it']\",nr3d,True",
        '3,s-office_chair-3-5-9-11,it is small,False,s,office chair,5,"[\'it\']",nr3d,False',
    ]
    found, faults = read(tmp_path, 'nr3d', NR3D + '\n'.join(rows) + '\n')
    assert found == [
        Description('s', (5,), 'the chair, by the door', 'easy+view-independent', 'office chair'),
        Description('s', (5,), 'facing it', 'hard+view-dependent', 'office chair'),
    ]
    assert faults == []


def test_sr3d_has_fewer_columns(tmp_path: Path) -> None:
    rows = 'scan_id,target_id,utterance,stimulus_id,instance_type\ns,4,the door left of the bed,s-door-2-4-7,door\n'
    found, _ = read(tmp_path, 'sr3d', rows)
    assert found == [Description('s', (4,), 'the door left of the bed', 'easy+view-dependent', 'door')]


def test_nothing_of_a_csv_is_executed(tmp_path: Path) -> None:
    marker = tmp_path / 'ran'
    row = f'1,x,a chair,True,s,chair,5,"[__import__(\'pathlib\').Path({str(marker)!r}).touch()]",nr3d,True\n'
    found, _ = read(tmp_path, 'nr3d', NR3D + row)
    assert [each.kind for each in found] == ['view-independent']
    assert not marker.exists()


GOOD = {'scene_id': 'a', 'object_id': '1', 'description': 'b'}


@pytest.mark.parametrize(
    ('entry', 'words'),
    [
        ({'scene_id': 'a'}, '"object_id" is missing'),
        (GOOD | {'object_id': 'x'}, '"object_id" must be an integer'),
        (GOOD | {'object_id': -1}, '"object_id" must be an integer'),
        (GOOD | {'description': 7}, 'field "description"'),
        (GOOD | {'kind': 7}, 'field "kind"'),
        ([], 'named fields'),
    ],
)
def test_a_damaged_entry_is_named_and_the_others_are_read(tmp_path: Path, entry: object, words: str) -> None:
    found, faults = read(tmp_path, 'scanrefer', [GOOD, entry, GOOD])
    assert len(found) == 2
    (fault,) = faults
    assert 'd.txt, entry 1' in fault
    assert words in fault


@pytest.mark.parametrize('ids', [None, [1, 1], ['1'], [-2], [2.5]])
def test_damaged_object_lists_are_named(tmp_path: Path, ids: object) -> None:
    _, faults = read(tmp_path, 'multi3drefer', [{'scene_id': 'a', 'object_ids': ids, 'description': 'b'}])
    assert len(faults) == 1
    assert '"object_ids" must be a list' in faults[0]


def test_damaged_rows_are_named_with_their_line(tmp_path: Path) -> None:
    found, faults = read(tmp_path, 'nr3d', 'scan_id,target_id,utterance\ns,1,ok\ns,x,bad\ns\n')
    assert len(found) == 1
    assert [fault.split('line ')[1][0] for fault in faults] == ['3', '4']


@pytest.mark.parametrize(
    ('source', 'content', 'words'),
    [
        ('scanrefer', '{', 'not valid JSON'),
        ('scanrefer', '', 'not valid JSON'),
        ('multi3drefer', '{}', 'expected a list'),
        ('nr3d', '', 'lacks the columns scan_id, target_id, utterance'),
        ('nr3d', 'a,b\n', 'lacks the columns'),
    ],
)
def test_a_file_that_is_none_is_one_fault(tmp_path: Path, source: str, content: str, words: str) -> None:
    found, faults = read(tmp_path, source, content)
    assert (found, len(faults)) == ([], 1)
    assert words in faults[0]
