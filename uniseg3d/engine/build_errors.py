"""What a config got wrong, said in the words of the config."""

import contextlib
import difflib
import re
import traceback
from collections.abc import Iterator

from mmengine.registry import Registry

from uniseg3d import registry
from uniseg3d.utils.errors import ConfigError

UNKNOWN_TYPE = re.compile(r'(\S+) is not in the (\S+) registry')
WRONG_SETTING = re.compile(
    r"(\w+)\.__init__\(\) (got an unexpected keyword argument|missing \d+ required .*?arguments?:) '?(.+?)'?$"
)


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """Turn a component that cannot be built from its config into a ``ConfigError``; let all other errors pass."""
    try:
        yield
    except (KeyError, TypeError) as error:
        innermost = traceback.extract_tb(error.__traceback__)[-1]
        message = _message(str(error.args[0])) if innermost.name == 'build_from_cfg' and error.args else None
        if message is None:
            raise
        raise ConfigError(message) from error


def _message(text: str) -> str | None:
    unknown = UNKNOWN_TYPE.search(text)
    if unknown:
        near = difflib.get_close_matches(unknown[1].split('.')[-1], _known_types(), n=3)
        hint = f'did you mean {" or ".join(near)}?' if near else 'check its spelling, or name its module in custom_imports'
        return f"type='{unknown[1]}' is not known to the {unknown[2].split('::')[-1]} registry; {hint}"
    if '"type"' in text:
        return f'a component has no type: {text.split("but got ")[-1].splitlines()[0]}'
    wrong = WRONG_SETTING.search(text)
    if wrong and wrong[2].startswith('got'):
        return f"type='{wrong[1]}' has no setting '{wrong[3]}'; take it out of the config or correct its spelling"
    if wrong:
        return f"type='{wrong[1]}' needs the setting '{wrong[3]}', which the config does not give"
    return None


def _known_types() -> list[str]:
    own = [value for value in vars(registry).values() if isinstance(value, Registry)]
    return [name for part in own for level in (part, part.parent) if level for name in level.module_dict]
