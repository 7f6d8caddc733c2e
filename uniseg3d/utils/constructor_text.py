"""Constructor calls as text, as checkpoints of DUSt3R and its relatives carry them: parsed, never evaluated."""

import ast
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from uniseg3d.utils.errors import CheckpointError

LONGEST = 4000
SIGNS = {ast.USub: -1, ast.UAdd: 1}
INFINITE = {'inf': float('inf')}


@dataclass(frozen=True)
class Constructor:
    """``name(*args, **kwargs)`` with plain values: numbers, text, None, tuples, lists, and other constructors."""

    name: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)


def parse_constructor(text: str, names: Collection[str], source: str) -> Constructor:
    """What ``text`` calls; only ``names`` may be called. ``source`` is for messages."""
    if not isinstance(text, str) or len(text) > LONGEST:
        what = f'{len(text)} characters' if isinstance(text, str) else type(text).__name__
        raise CheckpointError(f'{source} should be a constructor call in at most {LONGEST} characters, got {what}')
    try:
        tree = ast.parse(text.strip(), mode='eval').body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise CheckpointError(f'{source} is no constructor call: {_short(text)}') from error
    found = _value(tree, frozenset(names), source)
    if not isinstance(found, Constructor):
        raise CheckpointError(f'{source} is no constructor call: {_short(text)}')
    return found


def _value(node: ast.expr, names: frozenset[str], source: str) -> Any:
    if isinstance(node, ast.Call):
        return _call(node, names, source)
    if isinstance(node, ast.Tuple | ast.List):
        items = [_value(item, names, source) for item in node.elts]
        return tuple(items) if isinstance(node, ast.Tuple) else items
    if isinstance(node, ast.Constant) and isinstance(node.value, str | int | float | None):
        return node.value
    if isinstance(node, ast.Name) and node.id in INFINITE:
        return INFINITE[node.id]
    if isinstance(node, ast.UnaryOp) and type(node.op) in SIGNS:
        number = _value(node.operand, frozenset(), source)
        if isinstance(number, int | float) and not isinstance(number, bool):
            return SIGNS[type(node.op)] * number
    raise CheckpointError(f'{source} holds {_short(ast.unparse(node))}, which is no plain value; nothing of it was run')


def _call(node: ast.Call, names: frozenset[str], source: str) -> Constructor:
    called = node.func.id if isinstance(node.func, ast.Name) else ast.unparse(node.func)
    if called not in names:
        known = ', '.join(sorted(names)) or 'no call'
        raise CheckpointError(f'{source} calls {_short(called)}, which is not known; expected {known}; nothing of it was run')
    given = [keyword.arg for keyword in node.keywords]
    if None in given or len(set(given)) < len(given):
        raise CheckpointError(f'{source} gives {called} arguments by ** or twice; expected each once, by its name')
    args = tuple(_value(item, names, source) for item in node.args)
    return Constructor(called, args, {str(k.arg): _value(k.value, names, source) for k in node.keywords})


def _short(text: str, limit: int = 80) -> str:
    return repr(text if len(text) <= limit else f'{text[:limit]}...')
