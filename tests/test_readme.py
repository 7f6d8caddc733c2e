"""The README's commands are run as a newcomer would type them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEST_COMMAND = 'bash tools/run_tests.sh'


def readme_commands() -> list[str]:
    """Lines of the README's ```bash blocks, in order, without comments."""
    text = (ROOT / 'README.md').read_text(encoding='utf-8')
    lines = [
        line.split('  #')[0].strip() for block in re.findall(r'```bash\n(.*?)```', text, re.S) for line in block.splitlines()
    ]
    return [line for line in lines if line and not line.startswith('#')]


def smoke(command: str) -> str:
    """The same command on little data: what the test may spend."""
    for whole, little in {
        'tools/quickstart.sh': 'tools/quickstart.sh --fast',
        'uniseg3d_1xb4_rooms': 'uniseg3d_1xb4_rooms_fast',
        'data/rooms': 'data/rooms_fast',
        '--train 200 --val 24': '--train 8 --val 2',
    }.items():
        command = command.replace(whole, little)
    return command


def run(command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, 'VIRTUAL_ENV': sys.prefix, 'PATH': f'{Path(sys.executable).parent}:{os.environ["PATH"]}'}
    return subprocess.run(['bash', '-c', command], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=900)


def test_the_readme_names_the_two_commands() -> None:
    assert 'bash tools/quickstart.sh' in readme_commands()
    assert TEST_COMMAND in readme_commands()


def test_the_commands_of_the_readme_work() -> None:
    for command in readme_commands():
        if command == TEST_COMMAND:  # it would run this test again
            continue
        result = run(smoke(command))
        assert result.returncode == 0, f'{smoke(command)}\n{result.stdout[-2000:]}\n{result.stderr[-4000:]}'


def test_nothing_in_the_readme_waits_to_be_filled_in() -> None:
    assert not re.search(r'@@|TODO|TBD', (ROOT / 'README.md').read_text(encoding='utf-8'))


@pytest.mark.parametrize('path', re.findall(r'\]\(([^)#:]+)\)', (ROOT / 'README.md').read_text(encoding='utf-8')))
def test_links_of_the_readme_lead_somewhere(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize('path', sorted(p.name for p in (ROOT / 'tools').glob('*.py')))
def test_every_tool_teaches_its_use(path: str) -> None:
    result = run(f'python tools/{path} --help')
    assert result.returncode == 0, result.stderr
    assert 'usage:' in result.stdout
    assert len(result.stdout.splitlines()) > 5
