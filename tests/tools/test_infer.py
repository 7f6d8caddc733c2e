"""The command line of own scans, called as people call it."""

import json
import re
import runpy
import shlex
import sys
from pathlib import Path

import numpy as np
import pytest
from untrained_inferencer import CONFIG, boxes, write_weights

from uniseg3d.apis import Click, PhotoClick
from uniseg3d.commands.infer import parse_args
from uniseg3d.io.ply import PlyMesh, write_ply

TOOL = str(Path(__file__).parents[2] / 'tools' / 'infer.py')


@pytest.fixture
def infer(tmp_path, monkeypatch, capsys):
    weights = write_weights(tmp_path / 'random.safetensors')

    def call(*arguments):
        options = ['--config', CONFIG, '--weights', str(weights), '--device', 'cpu', '--out', str(tmp_path / 'out')]
        monkeypatch.setattr(sys, 'argv', ['infer.py', *map(str, arguments), *options])
        with pytest.raises(SystemExit) as end:
            runpy.run_path(TOOL, run_name='__main__')
        return end.value.code, *capsys.readouterr()

    return call


def test_one_call_answers_everything_about_a_folder_and_the_exit_code_tells_of_failures(infer, tmp_path):
    raw = boxes(count=1500)
    write_ply(tmp_path / 'in' / 'scan.ply', PlyMesh(raw.xyz, raw.colors))
    (tmp_path / 'in' / 'zero.las').touch()
    x, y, z = raw.xyz[20]
    code, out, _ = infer(
        tmp_path / 'in', f'--click={x},{y},{z}', f'--not={x},{y},{z}', '--text', 'the red box', '--classes', 'crate,piano',
        '--no-pictures', '--up', 'z', '--unit', 'm',
    )  # fmt: skip
    assert code == 1 and '1 done, 1 failed' in out and 'zero.las is empty' in out and 'GiB of memory' in out
    summary = json.loads((tmp_path / 'out/scan/summary.json').read_text())
    assert [click['positive'] for click in summary['clicks'][0]['asked']] == [True, False]
    assert summary['texts'][0]['asked'] == 'the red box' and not summary['notes']
    assert {thing['class'] for thing in summary['named']} <= {'crate', 'piano'}
    with np.load(tmp_path / 'out/scan/labels.npz') as labels:
        assert set(labels) == {'semantic', 'panoptic', 'instances', 'named', 'clicks', 'texts'}


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['nothing.ply'], 'nothing.ply does not exist'),
        ([__file__], 'expected one of .ply'),
        ([__file__, '--click', '1,2'], 'three numbers with commas'),
        ([__file__, '--click', 'a.jpg:1'], 'or PHOTO:u,v'),
        ([__file__, '--not', '1,2,3'], 'belongs to a --click'),
        ([__file__, '--up', 'west'], 'invalid choice'),
    ],
)
def test_mistakes_end_with_a_sentence(infer, arguments, message):
    code, _, errors = infer(*arguments)
    assert code in (1, 2) and message in errors and 'Traceback' not in errors


def documented_commands():
    text = (Path(TOOL).parents[1] / 'docs' / 'own_data.md').read_text(encoding='utf-8')
    lines = [line.split('  #')[0] for block in re.findall(r'```bash\n(.*?)```', text, re.S) for line in block.splitlines()]
    return [line.split('tools/infer.py ')[1] for line in lines if 'tools/infer.py' in line]


@pytest.mark.parametrize('command', documented_commands())
def test_the_commands_of_the_page_on_own_data_are_understood(command):
    args = parse_args(shlex.split(command))
    assert args.inputs and (args.clicks or args.texts or args.classes or args.weights)


def test_clicks_are_places_or_pixels():
    args = parse_args(['photos', '--click', '3.jpg:120,80.5', '--not', 'c:d.png:1,2', '--click=-1,2,0'])
    first = [PhotoClick('3.jpg', (120, 80.5)), PhotoClick('c:d.png', (1, 2), False)]
    assert args.clicks == [first, [Click((-1, 2, 0))]] and args.lift is args.weights is args.config is None


def test_help_teaches(infer):
    code, out, _ = infer('--help')
    assert code == 0 and 'Examples:' in out and '--text' in out and 'summary.json' in out


def test_a_place_may_begin_with_a_minus():
    args = parse_args(['scan.ply', '--click', '-1.5,2,0', '--not', '-.5,2,1'])
    ((first, second),) = args.clicks
    assert (first.position, first.positive) == ((-1.5, 2.0, 0.0), True)
    assert (second.position, second.positive) == ((-0.5, 2.0, 1.0), False)
