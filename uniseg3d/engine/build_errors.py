"""What a config got wrong, said in the words of the config."""

import contextlib
import difflib
import re
import traceback
from collections.abc import Iterator, Mapping
from typing import Any

from mmengine.registry import Registry

from uniseg3d import registry
from uniseg3d.utils.errors import ConfigError
from uniseg3d.utils.openmmlab import missing_scope

UNKNOWN_TYPE = re.compile(r'(\S+) is not in the (\S+) registry')
WRONG_SETTING = re.compile(
    r"(\w+)\.__init__\(\) (got an unexpected keyword argument|missing \d+ required .*?arguments?:) '?(.+?)'?$"
)


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """Turn a component that cannot be built from its config into a ``ConfigError``; let all other errors pass."""
    try:
        yield
    except (KeyError, TypeError, ValueError) as error:
        frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
        message = _message(str(error.args[0])) if frames[-1].f_code.co_name == 'build_from_cfg' and error.args else None
        building = [frame.f_locals.get('cfg') for frame in frames if frame.f_code.co_name == 'build_from_cfg']
        if message is None and building and not isinstance(error, KeyError):
            message = f'type={_type(building[-1])!r} cannot be built from its settings: {error}; correct them in the config'
        if message is None:
            raise
        raise ConfigError(message) from error


def _type(config: Any) -> Any:
    return config.get('type') if isinstance(config, Mapping) else config


def require_known(name: Any, registry: Registry) -> None:
    """Refuse the name of a component that ``registry`` does not have."""
    if isinstance(name, str) and registry.get(name) is None:
        raise ConfigError(_unknown(name, registry.name))


def _message(text: str) -> str | None:
    unknown = UNKNOWN_TYPE.search(text)
    if unknown:
        return _unknown(unknown[1], unknown[2].split('::')[-1])
    if '"type"' in text:
        return f'a component has no type: {text.split("but got ")[-1].splitlines()[0]}'
    wrong = WRONG_SETTING.search(text)
    if wrong and wrong[2].startswith('got'):
        return f"type='{wrong[1]}' has no setting '{wrong[3]}'; take it out of the config or correct its spelling"
    if wrong:
        return f"type='{wrong[1]}' needs the setting '{wrong[3]}', which the config does not give"
    return None


def _unknown(name: str, registry_name: str) -> str:
    if missing_scope(name):
        return f'type=\'{name}\' needs {missing_scope(name)}, which is not installed: pip install "uniseg3d[openmmlab]"'
    near = difflib.get_close_matches(name.split('.')[-1], _known_types(), n=3)
    hint = f'did you mean {" or ".join(near)}?' if near else 'check its spelling, or name its module in custom_imports'
    return f"type='{name}' is not known to the {registry_name} registry; {hint}"


def _known_types() -> list[str]:
    own = [value for value in vars(registry).values() if isinstance(value, Registry)]
    return [name for part in own for level in (part, part.parent) if level for name in level.module_dict]
