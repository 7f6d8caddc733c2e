"""The soak run: a minute part of it, and that it would notice a wrong answer and a leak."""

import itertools
import json
import sys
from pathlib import Path

import pytest
import torch

TOOLS = Path(__file__).parents[2] / 'tools'
sys.path.insert(0, str(TOOLS))

import soak  # noqa: E402
from soaking.asking import Ask, digest  # noqa: E402
from soaking.crowd import alone, ask_together  # noqa: E402
from soaking.watch import STRAY, Look, Watch, growth, leaks  # noqa: E402

from uniseg3d.structures import MaskSet  # noqa: E402
from uniseg3d.utils.errors import DataError  # noqa: E402

MIB = 1 << 20


def masks(score=0.5):
    return MaskSet(torch.ones(1, 3, dtype=torch.bool), torch.tensor([score]), torch.tensor([2]))


def refuse():
    raise DataError('scan.ply has no point')


def test_answers_are_equal_to_the_last_bit_or_different():
    assert digest(masks()) == digest(masks()) != digest(masks(0.5 + 1e-7))
    assert digest([torch.zeros(2)]) != digest([torch.zeros(2).double()]) != digest([torch.zeros(1, 2)])
    assert digest({'a': b'1', 'b': b'2'}) == digest({'b': b'2', 'a': b'1'}) != digest({'a': b'2', 'b': b'1'})
    assert Ask('', refuse).answer() == 'DataError: scan.ply has no point'


def test_whoever_gets_an_answer_of_somebody_else_is_noticed():
    counter = itertools.count()
    asks = [Ask('steady', masks), Ask('drifts', lambda: next(counter)), Ask('refuses', refuse)]
    expected = alone(asks)
    outcome = ask_together(asks, expected, 0.1, people=2)
    assert outcome.count > 10 and all(outcome.seconds.values())
    assert outcome.wrong and all(fault.startswith('drifts: answered ') for fault in outcome.wrong)
    asks[1] = Ask('drifts', lambda: [][0])
    assert 'IndexError' in ask_together(asks, expected, 0.1, people=1).wrong[0]


def looks(sizes, files=9):
    return [Look(float(second), size * MIB, files, 4) for second, size in enumerate(sizes)]


def test_growth_counts_once_caches_are_full():
    assert growth(looks([100, 200, 300, 400, 400, 400, 400, 400, 400, 400])) == 0
    climbing = looks(range(100, 200))
    assert growth(climbing) == pytest.approx(33 / 150, abs=0.02)
    assert leaks(climbing, 0.5) == []
    (sentence,) = leaks(climbing, 0.02)
    assert 'memory grew by 2' in sentence
    assert growth(looks([100])) == 0


def test_files_that_are_never_closed_are_noticed():
    assert leaks(looks([1] * 9) + [Look(10.0, MIB, 9 + STRAY, 4)], 0.02) == []
    assert leaks(looks([1] * 9) + [Look(10.0, MIB, 10 + STRAY, 4)], 0.02) == [
        '9 files were open at the beginning and 26 at the end'
    ]


def test_a_watch_sees_what_is_held():
    with Watch(every=0.01) as watch:
        held = bytearray(64 * MIB)
        held[::4096] = b'x' * len(held[::4096])
        while len(watch.looks) < 5:
            pass
    assert watch.looks[-1].bytes - watch.looks[0].bytes > 50 * MIB
    assert watch.looks[-1].seconds > watch.looks[0].seconds


def test_a_few_seconds_of_everything(tmp_path, monkeypatch, capsys):
    out = tmp_path / 'soak.json'
    monkeypatch.setattr('sys.argv', ['soak.py', '--minutes', '0.03', '--rooms', '1', '--growth', '9', '--out', str(out)])
    assert soak.main() == 0
    report = json.loads(out.read_text())
    assert report['wrong'] == report['leaks'] == [] and sum(report['requests'].values()) > 5
    assert {'room0: open, sentences', 'photos: points and cameras', 'viewer: somebody brings a scan'} <= set(report['requests'])
    assert '0 answered otherwise than alone' in capsys.readouterr().out
