import pickle

import pytest

from uniseg3d.datasets.record_list import RecordList


def test_gives_back_what_it_was_given():
    records = [{'name': 'röom', 'n': i, 'list': list(range(i))} for i in range(5)]
    kept = RecordList(records)
    assert len(kept) == 5 and list(kept) == records and kept[-1] == records[-1]


def test_records_are_copies_and_the_list_cannot_be_changed_through_them():
    kept = RecordList([[1, 2]])
    kept[0].append(3)
    assert kept[0] == [1, 2]


def test_an_empty_list_and_wrong_indices():
    kept = RecordList([])
    assert len(kept) == 0 and list(kept) == []
    with pytest.raises(IndexError):
        kept[0]
    with pytest.raises(IndexError):
        RecordList(['a'])[-2]


def test_travels_as_one_buffer():
    records = [[i] for i in range(200)]
    assert list(pickle.loads(pickle.dumps(RecordList(records)))) == records
