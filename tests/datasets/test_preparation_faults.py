"""The summary at the end of a long job, and the exit code."""

import pytest

from uniseg3d.datasets.preparation.faults import NAMED, Fault, report_faults


def test_nothing_wrong_is_nothing_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert report_faults([]) == 0
    assert capsys.readouterr() == ('', '')


def test_every_item_is_named_with_its_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    assert report_faults([Fault('a', 'one'), Fault('b', 'two'), Fault('a', 'three')]) == 1
    out, err = capsys.readouterr()
    assert out == ''
    assert err.splitlines() == [
        'failed: a: one',
        'failed: a: three',
        'failed: b: two',
        '3 faults in 2 items, see above; everything else is done',
    ]


def test_many_faults_of_one_item_do_not_hide_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    report_faults([*(Fault('a', str(k)) for k in range(NAMED + 5)), Fault('b', 'x')])
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == NAMED + 3
    assert lines[NAMED : NAMED + 2] == ['failed: a: and 5 more', 'failed: b: x']
