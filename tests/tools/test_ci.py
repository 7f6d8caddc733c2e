"""Continuous integration gets itself a browser where it may, and says so where it could not."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NEEDED = ('bash', 'dirname', 'mktemp', 'tail', 'rm', 'timeout')
LEFT_OUT = 'THE BROWSER TESTS WERE LEFT OUT'


@pytest.fixture
def checkout(tmp_path):
    """The script beside tests that only say that they ran, on a machine that has nothing but what is put there."""
    for name in ('.ci', 'tools', 'bin'):
        (tmp_path / name).mkdir()
    shutil.copy(ROOT / '.ci' / 'run', tmp_path / '.ci' / 'run')
    (tmp_path / 'tools' / 'run_tests.sh').write_text('echo tests; exit $(tail -n 1 status)\n')
    (tmp_path / 'status').write_text('0\n')
    for name in NEEDED:
        (tmp_path / 'bin' / name).symlink_to(shutil.which(name))
    return tmp_path


def add(checkout, name, script):
    path = checkout / 'bin' / name
    path.write_text(f'#!{shutil.which("bash")}\n{script}\n')
    path.chmod(0o755)


def run(checkout):
    script = ['bash', str(checkout / '.ci' / 'run')]
    return subprocess.run(script, env={'PATH': str(checkout / 'bin')}, capture_output=True, text=True, timeout=60)


def test_a_browser_that_is_there_is_left_alone(checkout):
    add(checkout, 'chromium', 'true')
    add(checkout, 'id', 'echo 0')
    add(checkout, 'apt-get', f'touch {checkout}/called')
    assert run(checkout).stdout == 'tests\n' and not (checkout / 'called').exists()


def test_root_gets_one_from_the_distribution(checkout):
    add(checkout, 'id', 'echo 0')
    add(checkout, 'apt-get', f'echo "$@" >> {checkout}/called')
    done = run(checkout)
    assert done.returncode == 0 and done.stdout == 'tests\n'
    assert (checkout / 'called').read_text().splitlines() == ['update', 'install -y --no-install-recommends chromium']


@pytest.mark.parametrize('status', [0, 1])
def test_an_installation_that_fails_fails_nothing_and_is_said_at_the_end(checkout, status):
    add(checkout, 'id', 'echo 0')
    add(checkout, 'apt-get', 'echo "no network"; exit 100')
    (checkout / 'status').write_text(f'{status}\n')
    done = run(checkout)
    assert done.returncode == status, 'only tests decide'
    tests, _, said, why = done.stdout.splitlines()
    assert tests == 'tests' and LEFT_OUT in said and why == 'no network'


def test_who_is_not_root_is_told(checkout):
    add(checkout, 'id', 'echo 1000')
    done = run(checkout)
    assert done.returncode == 0 and LEFT_OUT in done.stdout.splitlines()[-1]
