"""Reading configs. A config is a program, so only local files that the user names are read."""

import difflib
from collections.abc import Iterator, Mapping
from inspect import signature
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.runner import Runner

from uniseg3d.utils.errors import ConfigError

SIMILAR = 0.85  # a top-level key this close to one the runner knows is taken for a typo


def load_config(path: str | Path, overrides: Mapping[str, Any] | None = None) -> Config:
    """Config at the local ``path`` with ``{'dotted.key': value}`` on top; ``+dotted.key`` adds a key."""
    path = _local(path)
    try:
        config = Config.fromfile(path)
    except SyntaxError as error:
        raise ConfigError(f'{path}, line {error.lineno}: {error.msg}; correct the config') from error
    except (OSError, NameError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise ConfigError(f'{path} cannot be read as a config: {type(error).__name__}: {error}') from error
    override(config, overrides or {})
    _check_top_level(config)
    return config


def _local(path: str | Path) -> Path:
    if '://' in str(path):
        raise ConfigError(
            f'{path} is an address; a config is a program, so only local files are read: look at it, then save it'
        )
    path = Path(path).expanduser()
    if not path.is_file():
        names = [p.name for p in path.parent.glob('*.py')] if path.parent.is_dir() else []
        near = difflib.get_close_matches(path.name, names, n=1, cutoff=0.4)
        raise ConfigError(f'config {path} does not exist' + (f'; did you mean {path.parent / near[0]}?' if near else ''))
    return path


def override(config: Config, overrides: Mapping[str, Any]) -> None:
    """Change values in place. A key that is not there is a typo unless it starts with ``+``."""
    for key in overrides:
        if not key.startswith('+') and not _exists(config, key.split('.')):
            near = _closest(config, key)
            hint = f'did you mean {near}? ' if near else ''
            raise ConfigError(f"the config has no key '{key}'; {hint}To add a new key write +{key}=...")
    config.merge_from_dict({key.removeprefix('+'): value for key, value in overrides.items()})


def _exists(node: Any, parts: list[str]) -> bool:
    if not parts:
        return True
    if isinstance(node, list | tuple):
        return parts[0].isdigit() and int(parts[0]) < len(node) and _exists(node[int(parts[0])], parts[1:])
    return isinstance(node, Mapping | Config) and parts[0] in node and _exists(node[parts[0]], parts[1:])


def _closest(config: Config, key: str) -> str | None:
    keys = list(_keys(config, ''))
    near = difflib.get_close_matches(key, keys, n=1, cutoff=0.6)
    if near:
        return near[0]
    same_end = [known for known in keys if known.split('.')[-1] == key.split('.')[-1]]
    return same_end[0] if same_end else None


def _keys(node: Any, prefix: str) -> Iterator[str]:
    items = enumerate(node) if isinstance(node, list | tuple) else node.items() if isinstance(node, Mapping | Config) else ()
    for name, value in items:
        yield f'{prefix}{name}'
        yield from _keys(value, f'{prefix}{name}.')


def _check_top_level(config: Config) -> None:
    known = set(signature(Runner.__init__).parameters)
    for key in config:
        near = difflib.get_close_matches(key, known - {key}, n=1, cutoff=SIMILAR)
        if key not in known and near and near[0] not in config:
            raise ConfigError(f"the config sets '{key}', which nothing reads; did you mean '{near[0]}'?")
