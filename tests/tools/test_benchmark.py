"""The benchmark command on tiny inputs, and what its parts promise."""

import json
import runpy
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / 'tools'))

from benchmarks import rooms  # noqa: E402
from benchmarks.checks import DisagreementError, require_close, require_same_partition  # noqa: E402
from benchmarks.floors import scalings, verdicts  # noqa: E402
from benchmarks.mesh_peer import mesh_peer_ready, segment_mesh  # noqa: E402
from benchmarks.plan import PLAN, Step, measuring_command, missing_steps, state_of_code  # noqa: E402
from benchmarks.report import _scaling_lines, print_comparison  # noqa: E402
from benchmarks.suite import SUITE  # noqa: E402
from benchmarks.superpoints import cloud_parts, height_field, mesh_parts, tree_superpoints  # noqa: E402
from benchmarks.timing import Item, Row, Settings, measure  # noqa: E402

from uniseg3d.superpoints import mesh_superpoints  # noqa: E402


def row(what: str, ratio: float, candidate: str = 'cpu', item: str = 'B2', size: str = '100000 voxels') -> Row:
    return Row(item, what, size, candidate, 'spconv', 1, 'cpu', ratio, ratio, ratio)


@dataclass
class Done:
    code: int
    out: str
    err: str


@pytest.fixture
def bench(tmp_path, monkeypatch, capsys):
    """Runs the command in this process and in an empty folder: importing everything anew takes longer than timing it."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> Done:
        monkeypatch.setattr(sys, 'argv', ['benchmark.py', '--device', 'cpu', *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            runpy.run_path(str(ROOT / 'tools' / 'benchmark.py'), run_name='__main__')
        return Done(int(end.value.code), *capsys.readouterr())

    return call


def test_a_run_writes_all_reports_and_compares_with_itself(bench, tmp_path):
    first = bench('--size', 500, '--rounds', 1, '--out', 'a.json', '--page', 'a.md')
    assert first.code == 0, first.err
    report = json.loads((tmp_path / 'a.json').read_text())
    assert {made['id'] for made in report['rows']} == set(SUITE)
    assert all(made['ratio'] == 1 for made in report['rows'] if made['candidate'] == made['baseline'] and made['cpu_ms'])
    assert report['machine']['gemm_gflops']['torch.mm'] > 0
    assert (tmp_path / 'a.png').stat().st_size > 10_000
    page = (tmp_path / 'a.md').read_text()
    assert '| mesh segmentation |' in page and 'two threads against one, times faster |  | ≥ 1.50 | not measured' in page
    for made in report['rows']:
        made['ratio'] /= 100  # an older version that was far faster
    (tmp_path / 'old.json').write_text(json.dumps(report))
    again = ('--only', 'B8', '--size', 500, '--rounds', 1, '--add')
    second = bench(*again, '--out', 'a.json', '--compare', 'old.json')
    assert second.code == 1, second.err
    added = json.loads((tmp_path / 'a.json').read_text())
    assert len(added['rows']) == len(report['rows'])
    commands = {made['id']: made['command'] for made in added['rows']}
    assert commands['B8'] == 'python tools/benchmark.py --only B8 --size 500 --rounds 1'
    assert commands['B1'] == 'python tools/benchmark.py --size 500 --rounds 1'
    assert 'worse: B8' in second.out and '4 ratios compared, 4 worse' in second.out


def test_one_item_of_a_benchmark(bench, tmp_path):
    run = ('--only', 'B6', '--size', 500, '--rounds', 1, '--out', 'a.json')
    done = bench(*run, '--what', 'mean 32', 'no such item')
    assert done.code == 0, done.err
    rows = json.loads((tmp_path / 'a.json').read_text())['rows']
    assert {made['what'] for made in rows} == {'mean 32 forward', 'mean 32 forward + backward'}
    assert bench(*run, '--what', 'no such item').err.startswith('error: no item of B6 has such a description')


def test_a_file_that_is_no_report_is_one_sentence(bench, tmp_path):
    (tmp_path / 'x.json').write_text('{}')
    result = bench('--only', 'B8', '--compare', 'x.json')
    assert result.code == 1
    assert result.err.startswith('error: x.json is not a report')


def test_rooms_are_the_same_every_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    for folder in ('a', 'b'):
        monkeypatch.setattr(rooms, 'FOLDER', tmp_path / folder)
        made.append(rooms.room(2000))
    again = rooms.room(2000)  # from the file
    assert np.array_equal(made[0].voxels, made[1].voxels) and np.array_equal(made[1].xyz, again.xyz)
    assert abs(len(again.voxels) - 2000) <= 20
    assert len(np.unique(again.voxels, axis=0)) == len(again.voxels)
    coords = again.coords()
    assert sorted(coords[:, 1:].tolist()) == sorted(again.voxels.tolist())
    assert not np.array_equal(again.voxels, rooms.room(2000, seed=1).voxels[: len(again.voxels)])


def test_ratios_are_of_the_same_round() -> None:
    work = {'base': lambda: sum(range(200_000)), 'double': lambda: sum(range(400_000))}
    base, double = measure(Item('B0', 'sums', '1', 'base', work, flop=1e6), Settings(rounds=7), peak_gflops=10.0)
    assert base.ratio == 1 and 1.5 < double.ratio < 3
    assert double.ratio_low <= double.ratio <= double.ratio_high
    assert double.roofline == pytest.approx(1e-3 / (double.cpu_ms / 1e3) / 10)


def test_candidates_that_disagree_are_not_timed() -> None:
    with pytest.raises(DisagreementError, match='mine is off by'):
        require_close('B0', 'mine', torch.ones(3), torch.tensor([1.0, 1.0, 1.1]), 1e-3)
    with pytest.raises(DisagreementError):
        require_close('B0', 'mine', torch.full((3,), float('nan')), torch.ones(3), 1e-3)
    require_same_partition('B0', torch.tensor([0, 0, 1]), torch.tensor([5, 5, 2]))
    with pytest.raises(DisagreementError):
        require_same_partition('B0', torch.tensor([0, 0, 1]), torch.tensor([0, 1, 1]))


def test_the_literal_port_gives_the_partition_of_the_package() -> None:
    if not mesh_peer_ready():
        pytest.skip('no C++ compiler')
    vertices, faces = height_field(60)
    ours, theirs = mesh_superpoints(vertices, faces), segment_mesh(vertices, faces)
    assert 1 < ours.max() < 60
    require_same_partition('B7', torch.from_numpy(ours), torch.from_numpy(theirs))


def test_the_tree_pipeline_parts_a_crease() -> None:
    rng = np.random.default_rng(0)
    plane = np.concatenate([rng.random((2000, 2)), np.zeros((2000, 1))], 1)
    ids = tree_superpoints(np.concatenate([plane, plane[:, [2, 0, 1]]]))
    away = np.concatenate([plane[:, 0] > 0.3, plane[:, 1] > 0.3])
    assert not set(ids[:2000][away[:2000]]) & set(ids[2000:][away[2000:]])


def test_floors_take_geometric_means_of_the_usual_size() -> None:
    rows = [row(f'subm3 {c}-{c} forward', ratio) for c, ratio in ((32, 0.1), (64, 0.2), (128, 0.4))]
    rows += [row('U-Net forward', 9.0, item='B4', size='50000 voxels'), row('U-Net forward', 0.3, item='B4')]
    found = {verdict.label: verdict for verdict in verdicts(rows, 'avx512')}
    kernel = found['C kernel: sub-manifold forward, 32/64/128']
    assert (kernel.ratio, kernel.limit, kernel.met) == (pytest.approx(0.2), 0.25, 'yes')
    assert found['C kernel: U-Net forward'].ratio == 0.3
    assert found['mesh segmentation'].met == 'not measured'
    assert {verdict.label: verdict.limit for verdict in verdicts(rows, 'avx2')}[kernel.label] == 0.55


def test_floors_say_which_rate_they_need() -> None:
    rows = [row('U-Net forward', 0.4, item='B4'), row('U-Net train step', 0.4, item='B4')]
    rows[0].gflops = 70.0
    found = {verdict.label: verdict for verdict in verdicts(rows, 'avx512')}
    assert found['C kernel: U-Net forward'].needed == pytest.approx(80)
    assert found['C kernel: U-Net train step'].needed is None


def test_the_parts_of_making_superpoints_run() -> None:
    for parts in (mesh_parts(*height_field(20)), cloud_parts(np.random.default_rng(0).random((300, 3)))):
        assert 'whole' in parts and len(parts) > 4
        for part in parts.values():
            assert part() is not None


def test_scaling_compares_wall_times_of_the_same_work() -> None:
    alone, both, other = row('a', 1.0), row('a', 1.0), row('b', 1.0)
    both.threads = other.threads = 2
    alone.wall_ms, both.wall_ms, other.wall_ms = 30.0, 20.0, 20.0
    assert scalings([alone, both, other]) == [(both, 1.5)]


def test_comparison_counts_only_what_got_clearly_worse(capsys: pytest.CaptureFixture[str]) -> None:
    old = [row('a', 0.5), row('b', 0.5), row('c', 0.5), row('a', 1.0, 'spconv')]
    new = [row('a', 0.55), row('b', 0.6), row('c', 0.3), row('a', 2.0, 'spconv')]
    assert print_comparison(new, old) == 1
    assert 'worse: B2 b' in (printed := capsys.readouterr().out) and 'better: B2 c' in printed


TINY = (
    Step(('--only', 'B6', '--size', '500', '--rounds', '1', '--what', 'mean 32 forward', 'mask expansion'), 1.0),
    Step(('--only', 'B6', '--size', '500', '--rounds', '1', '--what', 'no such item'), 2.0),
)


def test_all_goes_on_where_it_was(bench, tmp_path, monkeypatch):
    """What is measured stays; a step that fails is named at the end and tried again."""
    monkeypatch.setattr('benchmarks.plan.PLAN', TINY)
    first = bench('--all', '--out', 'a.json')
    assert first.code == 1 and first.err.count('about') == 2 and 'about 3 minutes left' in first.err
    assert f'error: 1 steps failed, the others are in the report: {TINY[1].command}' in first.err
    measured = (tmp_path / 'a.json').read_text()
    assert {made['command'] for made in json.loads(measured)['rows']} == {TINY[0].command}
    monkeypatch.setattr('benchmarks.plan.PLAN', TINY[:1] if state_of_code() else ())
    second = bench('--all', '--out', 'a.json')
    assert second.code == 0 and 'step 1' not in second.err, second.err
    assert (tmp_path / 'a.json').read_text() == measured
    assert f'| `{TINY[0].command}` | mean 32 forward' in (tmp_path / 'a.md').read_text()


def test_the_plan_measures_the_whole_suite() -> None:
    """Every benchmark has a step, no command twice, and what another state of the code gave is measured again."""
    assert {name for step in PLAN for name in step.arguments if name in SUITE} == set(SUITE)
    assert len({step.command for step in PLAN}) == len(PLAN) > 25
    old = row('any', 1.0)
    old.command, old.commit = PLAN[0].command, 'abc'
    assert missing_steps([old], 'abc', PLAN) == list(PLAN[1:])
    for state in ('other', ''):
        assert missing_steps([old], state, PLAN) == list(PLAN)
    words = ['--add', '--only', 'B2', '--out', 'a b.json', '--what', 'subm3 32-32', '--device', 'cpu', '--page', 'x.md']
    assert measuring_command(words) == "python tools/benchmark.py --only B2 --what 'subm3 32-32'"


def test_scaling_has_a_floor() -> None:
    rows = [row('U-Net forward', 1.0), row('U-Net forward', 0.6)]
    rows[1].threads, (rows[0].wall_ms, rows[1].wall_ms) = 2, (90.0, 50.0)
    (line,) = _scaling_lines(rows)
    assert line.endswith('| 1.80 | ≥ 1.50 | yes |  |  |')
    rows[1].wall_ms = 80.0
    assert '| 1.12 | ≥ 1.50 | no |' in _scaling_lines(rows)[0]
