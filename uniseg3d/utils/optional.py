"""Optional packages: imported where they are used, with one sentence that says how to get them."""

from importlib import import_module
from types import ModuleType

from uniseg3d.utils.errors import MissingPackageError


def import_optional(name: str, extra: str | None = None) -> ModuleType:
    """Import ``name`` or say which extra of this package brings it; ``None``: its plain installation does."""
    try:
        return import_module(name)
    except ImportError as error:
        package = f'"uniseg3d[{extra}]"' if extra else 'uniseg3d'
        raise MissingPackageError(
            f'{name} is needed here but cannot be imported ({error}); install it with: pip install {package}'
        ) from error
