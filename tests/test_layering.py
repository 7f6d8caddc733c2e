"""The house keeps its order: a folder imports only folders above it, so the data flows one way."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / 'uniseg3d'
FOLDERS = (
    'utils geometry ops structures io text superpoints rooms datasets transforms models priors evaluation engine '
    'visualization apis demo commands'
).split()
MODEL_FOLDERS = 'layers encoders decoders queries heads criteria postprocess systems'.split()
STRANGERS = {frozenset({'datasets', 'models'})}  # they meet in structures and text only
BRIDGE = 'lift_then_segment'


def imported_modules(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, 'imports are absolute'
            # `from uniseg3d import engine` names the folder in the second half
            yield from (f'{node.module}.{alias.name}' for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def violation(importer: list[str], imported: list[str]) -> str | None:
    """Why ``importer`` may not import ``imported`` (module paths below the package), or None."""
    source, target = importer[0], imported[0]
    if target not in FOLDERS or source not in FOLDERS:
        return None  # registry.py and __init__.py stand above everything
    if frozenset({source, target}) in STRANGERS:
        return f'{source} and {target} never import each other'
    if FOLDERS.index(target) > FOLDERS.index(source):
        return f'{target} stands below {source}'
    if source == target == 'models' and len(importer) > 1 and len(imported) > 1:
        return model_violation(importer, imported)
    return None


def model_violation(importer: list[str], imported: list[str]) -> str | None:
    source, target = importer[1], imported[1]
    if target not in MODEL_FOLDERS or source not in MODEL_FOLDERS:
        return None
    if MODEL_FOLDERS.index(target) > MODEL_FOLDERS.index(source):
        return f'models/{target} stands below models/{source}'
    if source == target == 'systems' and importer[2:3] not in ([BRIDGE], ['__init__']):
        return None if may_know(''.join(importer[2:3]), ''.join(imported[2:3])) else 'systems do not import one another'
    return None


def may_know(system: str, other: str) -> bool:
    """Files of one system know each other; those about weights also know the names in files that training starts from."""
    own = system.partition('_')[0] == other.partition('_')[0]
    return own or (system.endswith('_checkpoint') and other.endswith('_checkpoint'))


def violations(path: Path, source: str) -> list[str]:
    importer = list(path.with_suffix('').parts)
    names = (name.split('.') for name in imported_modules(ast.parse(source)) if name.startswith('uniseg3d.'))
    found = ((name, violation(importer, name[1:])) for name in names)
    return [f'{path} imports {".".join(name)}: {why}' for name, why in found if why]


def test_folders_import_only_folders_above_them() -> None:
    files = sorted(PACKAGE.rglob('*.py'))
    assert len(files) > 20
    found = [v for file in files for v in violations(file.relative_to(PACKAGE), file.read_text(encoding='utf-8'))]
    assert not found, '\n'.join(found)


@pytest.mark.parametrize('name', [p.name for p in PACKAGE.iterdir() if (p / '__init__.py').exists()])
def test_every_folder_has_its_place(name: str) -> None:
    assert name in FOLDERS


@pytest.mark.parametrize(
    ('path', 'source'),
    [
        ('io/ply.py', 'from uniseg3d.datasets.collate import x'),
        ('datasets/base.py', 'import uniseg3d.models'),
        ('models/layers/mlp.py', 'from uniseg3d.datasets import x'),
        ('models/layers/mlp.py', 'from uniseg3d.models.systems.sas import SAS'),
        ('models/systems/sas.py', 'from uniseg3d.models.systems.uniseg3d import UniSeg3D'),
        ('utils/files.py', 'from uniseg3d import io'),
    ],
)
def test_the_scan_sees_each_kind_of_violation(path: str, source: str) -> None:
    assert violations(Path(path), source)


def test_a_system_may_have_a_second_file() -> None:
    source = 'from uniseg3d.models.systems.uniseg3d_checkpoint import x'
    assert not violations(Path('models/systems/uniseg3d.py'), source)
    assert violations(Path('models/systems/sas.py'), source)
    assert not violations(Path('models/systems/uniseg3d_linked.py'), 'from uniseg3d.models.systems.uniseg3d import UniSeg3D')
    assert not violations(Path('models/systems/sas_checkpoint.py'), source)  # a training may start from the other's weights


def test_the_bridge_may_join_systems() -> None:
    assert not violations(Path('models/systems/lift_then_segment.py'), 'from uniseg3d.models.systems.sas import SAS')
