"""No file can make the package run it: the calls that would are not there."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# where unpickling is the subject, with the reason
ALLOWED = {
    ('uniseg3d/datasets/record_list.py', 'pickle.loads'): 'bytes that this process made itself',
}
RUNNERS = {'eval', 'exec', 'compile', '__import__'}
UNPICKLERS = {'pickle.load', 'pickle.loads', 'pickle.Unpickler', 'dill.load', 'joblib.load', 'pandas.read_pickle'}


def dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f'{dotted(node.value)}.{node.attr}'
    return node.id if isinstance(node, ast.Name) else ''


def keyword(call: ast.Call, name: str) -> object:
    return next((getattr(k.value, 'value', None) for k in call.keywords if k.arg == name), None)


def findings(source: str) -> list[str]:
    """Names of calls that could run what a file holds."""
    found = []
    for call in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)):
        name = dotted(call.func)
        unsafe_torch = name == 'torch.load' and keyword(call, 'weights_only') is not True
        unsafe_numpy = name in ('np.load', 'numpy.load') and keyword(call, 'allow_pickle') not in (None, False)
        shell = keyword(call, 'shell') not in (None, False)
        if name in RUNNERS | UNPICKLERS or unsafe_torch or unsafe_numpy or shell or name == 'os.system':
            found.append(name)
    return found


FILES = sorted(path.relative_to(ROOT) for folder in ('uniseg3d', 'tools', 'data') for path in (ROOT / folder).rglob('*.py'))


@pytest.mark.parametrize('path', FILES, ids=str)
def test_a_file_calls_nothing_unsafe(path):
    found = [name for name in findings((ROOT / path).read_text(encoding='utf-8')) if (path.as_posix(), name) not in ALLOWED]
    assert not found


@pytest.mark.parametrize(
    'source',
    [
        'eval(x)', 'exec(x)', 'torch.load(f)', 'torch.load(f, weights_only=False)', 'torch.load(f, weights_only=flag)',
        'pickle.load(f)', 'np.load(f, allow_pickle=True)', 'os.system(x)', 'subprocess.run(x, shell=True)', '__import__(x)',
    ],
)  # fmt: skip
def test_the_scan_sees(source):
    assert findings(source)


def test_the_scan_lets_methods_pass():
    assert not findings('model.eval()\nre.compile(x)\ntorch.load(f, weights_only=True)\nnp.load(f)')


def test_exceptions_still_exist():
    for (path, name), reason in ALLOWED.items():
        assert name in findings((ROOT / path).read_text(encoding='utf-8')), f'{path} no longer needs its exception: {reason}'
