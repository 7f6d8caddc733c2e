"""Class names as people say them, and sentences around them."""

import re
from collections.abc import Sequence

from uniseg3d.utils.errors import ConfigError

TEMPLATES = {
    'name': ('{}',),
    'the': ('the {}.',),
    'photo': ('a photo of a {}.',),
    'scene': ('a {} in a scene',),
    'rooms': (
        'a {}.',
        'a photo of a {}.',
        'a photo of a {} in a room.',
        'a close-up of a {}.',
        'a 3D scan of a {}.',
        'the {} in the room.',
        'there is a {} in the scene.',
        'this is a {}.',
    ),
}
RUN_TOGETHER = {'otherfurniture': 'other furniture', 'showercurtrain': 'shower curtain', 'garbagebin': 'garbage bin'}
LABELLERS_SUFFIX = re.compile(r'-(stuff|merged|other)\b')  # of COCO's panoptic classes: "door-stuff", "tree-merged"


def find_templates(name: str) -> tuple[str, ...]:
    """The templates called ``name``, each with {} for the class."""
    if name not in TEMPLATES:
        raise ConfigError(f'templates {name!r} are not known; choose one of {", ".join(TEMPLATES)}')
    return TEMPLATES[name]


def spoken(name: str) -> list[str]:
    """A class name in plain words, and its synonyms where the list has them: 'rock, stone', 'office_chair', 'tree-merged'."""
    words = re.sub('[-_]+', ' ', LABELLERS_SUFFIX.sub('', name))
    parts = [' '.join(part.split()) for part in words.split(',')]
    return [RUN_TOGETHER.get(part, part) for part in parts if part]


def class_sentences(names: Sequence[str], templates: Sequence[str]) -> list[list[list[str]]]:
    """For each class, for each of its synonyms: the sentence of every template."""
    wrong = [template for template in templates if '{}' not in template]
    if wrong or not templates:
        raise ConfigError(f'a template needs {{}} where the class name goes, got {wrong or "no template"}')
    if not names:
        raise ConfigError('the class list is empty; name one class at least')
    said = {name: spoken(name) for name in names}
    nameless = [name for name, words in said.items() if not words]
    if nameless:
        raise ConfigError(f'the class {nameless[0]!r} has no name; give every class a word at least')
    return [[[template.replace('{}', synonym) for template in templates] for synonym in said[name]] for name in names]
