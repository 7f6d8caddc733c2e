"""The door to mmdet3d, which is optional: its data, transforms and metrics need none of mmcv's compiled operators."""

import importlib.util
import sys
from types import ModuleType
from typing import Any, NoReturn

from uniseg3d.utils.optional import import_optional

SCOPES = ('mmcv', 'mmdet', 'mmdet3d')
OPERATORS = 'mmcv._ext'


class _NoOperators(ModuleType):
    """In the place of mmcv's operators where mmcv-lite is installed: may be imported, refuses to be used."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith('__'):
            raise AttributeError(name)

        def refuse(*_: Any, **__: Any) -> NoReturn:
            raise NotImplementedError(f'{OPERATORS}.{name} is compiled: install mmcv 2.1.0 in the place of mmcv-lite')

        return refuse


def import_mmdet3d(module: str = 'mmdet3d') -> Any:
    """mmdet3d or one of its modules, with mmcv or mmcv-lite."""
    import_optional('mmcv', 'openmmlab')
    if OPERATORS not in sys.modules and importlib.util.find_spec(OPERATORS) is None:
        sys.modules[OPERATORS] = _NoOperators(OPERATORS)
    return import_optional(module, 'openmmlab')


def missing_scope(name: str) -> str | None:
    """The OpenMMLab package that a component 'scope.Name' needs and that is not installed."""
    scope = name.partition('.')[0]
    return scope if '.' in name and scope in SCOPES and importlib.util.find_spec(scope) is None else None
