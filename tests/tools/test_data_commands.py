"""The commands of the data path, as a user types them."""

import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from raw_scans import write_scan, write_scannet

ROOT = Path(__file__).parents[2]
EXPORT = ROOT / 'data' / 'scannet' / 'batch_load_scannet_data.py'


def run(script: Path, *args: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(script), *map(str, args)], cwd=cwd, capture_output=True, text=True, check=False)


def test_export_convert_and_check(tmp_path: Path) -> None:
    root = write_scannet(tmp_path / 'scannet')
    exported = run(EXPORT, cwd=root)
    assert (exported.returncode, exported.stderr.count('failed')) == (0, 0)
    assert '3 exported, 0 finished earlier, 0 failed' in exported.stdout
    made = run(ROOT / 'tools' / 'create_data.py', 'scannet', '--root-path', root, '--out-dir', root, '--extra-tag', 'scannet')
    assert made.returncode == 0, made.stderr
    assert 'uniseg3d_infos_train.json: 1 scenes, 2 objects' in made.stdout
    sound = run(ROOT / 'tools' / 'check_data.py', root)
    assert (sound.returncode, '3 scenes, no problems' in sound.stdout) == (0, True)
    assert 'uniseg3d_infos_train.json: no superpoint has most of its points on' in sound.stdout
    assert 'of 2 objects' in sound.stdout
    assert 'uniseg3d_infos_test.json' not in sound.stdout  # nothing is known about its objects
    (root / 'points' / 'scene0001_00.bin').unlink()
    faulty = run(ROOT / 'tools' / 'check_data.py', root)
    assert faulty.returncode == 1
    assert '1 problems' in faulty.stdout
    assert 'points/scene0001_00.bin' in faulty.stdout


def test_failed_scan_gives_exit_code_one_and_leaves_the_others(tmp_path: Path) -> None:
    root = write_scannet(tmp_path)
    (root / 'mine.txt').write_text('scene0000_00\nscene0042_00\n')
    result = run(EXPORT, '--train_scan_names_file', 'mine.txt', '--output_folder', 'o ü', cwd=root)
    assert result.returncode == 1
    assert '2 exported, 0 finished earlier, 1 failed' in result.stdout
    assert 'failed: scene0042_00: ' in result.stderr
    assert (root / 'o ü' / 'scene0000_00_vert.npy').exists()


@pytest.mark.parametrize('dataset', ['scannet', 'rooms'])
def test_missing_data_is_one_sentence(tmp_path: Path, dataset: str) -> None:
    write_scan(tmp_path / 'elsewhere', 'scene0000_00')
    result = run(ROOT / 'tools' / 'create_data.py', dataset, '--root-path', tmp_path)
    assert result.returncode == 1
    assert result.stderr.startswith('error: ')
    assert 'Traceback' not in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ['elsewhere']


@pytest.mark.parametrize('script', [EXPORT, ROOT / 'tools' / 'create_data.py', ROOT / 'tools' / 'check_data.py'])
def test_help_has_an_example(script: Path) -> None:
    result = run(script, '--help')
    assert result.returncode == 0
    assert 'Example' in result.stdout


def test_everything_that_fails_is_named_once_and_the_exit_code_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = write_scannet(tmp_path, train=('scene0000_00', 'scene0002_00', 'scene0003_00'))
    scans = root / 'scans'
    (scans / 'scene0002_00' / 'scene0002_00_vh_clean_2.0.010000.segs.json').write_bytes(b'')  # half downloaded
    mesh = scans / 'scene0003_00' / 'scene0003_00_vh_clean_2.ply'
    data = bytearray(mesh.read_bytes())
    data[-4:] = (10**6).to_bytes(4, 'little')  # the last face points to a vertex that is not there
    mesh.write_bytes(data)
    monkeypatch.chdir(root)

    def call(script: Path, *args: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, 'argv', [script.name, *args])
        with pytest.raises(SystemExit) as end:
            runpy.run_path(str(script), run_name='__main__')
        return (int(str(end.value.code)), *capsys.readouterr())

    code, _, said = call(EXPORT)
    assert code == 1
    assert 'failed: scene0002_00: ' in said
    assert 'failed: scene0003_00: ' in said
    assert 'a face points to a vertex outside' in said
    assert '2 faults in 2 items' in said
    code, out, said = call(ROOT / 'tools' / 'create_data.py', 'scannet', '--root-path', str(root), '--pickles')
    assert code == 1
    assert 'uniseg3d_infos_train.json: 1 scenes' in out
    assert said.count('failed: ') == 2
    assert call(ROOT / 'tools' / 'check_data.py', str(root))[0] == 0  # what was made is sound
