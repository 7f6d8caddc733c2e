"""What people call the things of a room. A word can surely fit, perhaps fit, or not fit a thing."""

from dataclasses import dataclass
from functools import cache

from uniseg3d.io.scannet import read_label_map
from uniseg3d.rooms.furniture import VARIANTS
from uniseg3d.rooms.scene import RoomObject
from uniseg3d.text.class_lists import class_list, meta_path, scannet20_table

# Nouns that fit every thing of a class.
CLASS_NOUNS: dict[str, tuple[str, ...]] = {
    'cabinet': ('cabinet', 'cupboard'),
    'bed': ('bed',),
    'chair': ('chair', 'seat'),
    'sofa': ('sofa', 'couch'),
    'table': ('table',),
    'door': ('door',),
    'window': ('window',),
    'bookshelf': ('bookshelf', 'shelf'),
    'picture': ('picture',),
    'counter': ('counter', 'countertop'),
    'desk': ('desk', 'writing desk'),
    'curtain': ('curtain', 'drape'),
    'refrigerator': ('refrigerator', 'fridge'),
    'shower curtain': ('shower curtain',),
    'toilet': ('toilet',),
    'sink': ('sink', 'basin'),
    'bathtub': ('bathtub', 'tub'),
    'otherfurniture': (),
}
# Finer nouns of a shape. Held-out shapes get new combinations of words that training knows, where English allows it.
VARIANT_NOUNS: dict[str, tuple[str, ...]] = {
    'oval sink': ('oval sink',),
    'rectangular sink': ('rectangular sink',),
    'pedestal sink': ('pedestal sink',),
    'trough sink': ('rectangular pedestal sink',),
    'oval bathtub': ('oval bathtub', 'oval tub'),
    'claw-foot bathtub': ('four leg bathtub',),
    'round bathtub': ('round bathtub', 'round tub'),
    'slatted bed': ('slatted bed',),
    'four-poster bed': ('four poster bed',),
    'sleigh bed': ('sleigh bed',),
    'television': ('tv',),
    'floor lamp': ('lamp',),
    'table lamp': ('lamp',),
    'cushion': ('pillow',),
    'pillow': ('pillow',),
    'panelled door': ('panel door',),
    'sliding door': ('sliding door',),
    'double door': ('double door',),
    'doorframe': ('doorway',),
    'cross-bar window': ('cross bar window',),
    'porthole window': ('round window',),
    'framed picture': ('framed picture',),
    'poster': ('poster',),
    'canvas': ('painting',),
    'oval picture': ('oval picture', 'oval framed picture'),
    'row of pictures': ('row of pictures',),
    'four-leg chair': ('four leg chair',),
    'office chair': ('office chair', 'desk chair'),
    'armchair': ('armchair', 'sofa chair'),
    'shell chair': ('shell chair',),
    'stool': ('stool', 'round chair'),
    'folding chair': ('folding chair',),
    'corner sofa': ('corner sofa', 'corner couch'),
    'bench sofa': ('bench sofa',),
    'vanity': ('bathroom cabinet',),
    'kitchen base': ('kitchen cabinet',),
    'filing cabinet': ('file cabinet', 'office cabinet'),
    'chest of drawers': ('chest of drawers',),
    'mirror cabinet': ('mirror cabinet',),
    'wall cabinet': ('wall cabinet',),
    'open sideboard': ('open cabinet',),
    'rounded cabinet': ('round cabinet',),
    'bookcase': ('bookcase',),
    'ladder shelf': ('ladder shelf', 'open shelf'),
    'cube shelf': ('cube shelf',),
    'stepped shelf': ('step shelf',),
    'two-door refrigerator': ('two door refrigerator', 'two door fridge'),
    'small refrigerator': ('mini fridge', 'mini refrigerator'),
    'chest cooler': ('chest refrigerator', 'cooler'),
    'small square table': ('square table', 'side table'),
    'low rectangular table': ('rectangular coffee table',),
    'small round table': ('round table', 'side table'),
    'low round table': ('round table', 'round coffee table'),
    'rectangular table': ('rectangular table',),
    'round pedestal table': ('round table', 'pedestal table'),
    'trestle table': ('rectangular table',),
    'drum table': ('drum table', 'round table'),
    'low oval table': ('oval table', 'oval coffee table'),
    'oval table': ('oval table',),
    'half-moon table': ('half moon table',),
    'drawer desk': ('drawer desk',),
    'standing desk': ('standing desk',),
    'corner desk': ('corner desk',),
    'bin': ('bin',),
    'wardrobe': ('wardrobe', 'closet'),
    'washing machine': ('washing machine',),
    'step ladder': ('step ladder', 'ladder'),
    'dryer': ('dryer', 'drying machine'),
    'crate': ('crate',),
    'clothing rack': ('clothing rack',),
    'footstool': ('footstool',),
}
# Raw categories that nobody says as they are written.
SAID: dict[str, str] = {
    'cabinets': 'cabinet',
    'kitchen cabinets': 'kitchen cabinet',
    'file cabinets': 'file cabinet',
    'bathroom vanity': 'bathroom cabinet',
    'trash cabinet': 'cabinet',
    'media center': 'open cabinet',
    'bookshelves': 'bookshelf',
    'stack of chairs': 'chair',
    'folded chair': 'folding chair',
    'doors': 'door',
    'closet doors': 'closet door',
    'curtains': 'curtain',
    'pictures': 'row of pictures',
}
# Things outside the classes that a sentence may lean on. What is rarely there would be a word that is never learnt.
LANDMARKS = frozenset({'lamp', 'monitor', 'pillow', 'tv'})
# What stands in a room may be named after the room, whatever its shape.
_LIKE_CABINETS = frozenset({'cabinet', 'wardrobe', 'island counter', 'panel counter', 'two-level counter', 'curved counter'})
_LIKE_COUNTERS = frozenset({'counter', 'open sideboard'})
# Who else might be meant, by class, raw category or variant.
CONFUSED: dict[str, frozenset[str]] = {
    'table': frozenset({'desk', 'counter'}),
    'square table': frozenset({'table', 'desk'}),
    'round table': frozenset({'oval table', 'low oval table'}),
    'oval table': frozenset({'round pedestal table', 'low round table'}),
    'side table': frozenset({'low rectangular table', 'low round table', 'drum table'}),
    'rectangular table': frozenset({'low rectangular table', 'small square table', 'desk'}),
    'seat': frozenset({'sofa', 'toilet', 'bench', 'ottoman', 'footstool'}),
    'stool': frozenset({'ottoman', 'footstool'}),
    'armchair': frozenset({'office chair', 'bench sofa', 'padded sofa', 'rolled-arm sofa'}),
    'sofa': frozenset({'armchair'}),
    'couch': frozenset({'armchair'}),
    'bench': frozenset({'bench sofa', 'ottoman'}),
    'cupboard': frozenset({'wardrobe', 'bookshelf', 'refrigerator', 'tv stand'}),
    'cabinet': frozenset({'wardrobe', 'tv stand', 'stand', 'counter'}),
    'bathroom cabinet': _LIKE_CABINETS,
    'kitchen cabinet': _LIKE_CABINETS,
    'open kitchen cabinet': frozenset({'cabinet', 'bookshelf'}),
    'office cabinet': _LIKE_CABINETS,
    'wardrobe': frozenset({'door cabinet'}),
    'closet': frozenset({'door cabinet'}),
    'wall cabinet': frozenset({'mirror cabinet'}),
    'open cabinet': frozenset({'bookshelf', 'tv stand', 'stand'}),
    'shelf': frozenset({'open sideboard'}),
    'bookcase': frozenset({'bookshelf'}),
    'open shelf': frozenset({'bookshelf', 'open sideboard'}),
    'counter': _LIKE_COUNTERS,
    'bathroom counter': _LIKE_COUNTERS,
    'kitchen counter': _LIKE_COUNTERS,
    'curtain': frozenset({'shower curtain'}),
    'drape': frozenset({'shower curtain'}),
    'basin': frozenset({'bathtub'}),
    'oval sink': frozenset({'vessel sink'}),
    'oval bathtub': frozenset({'slipper bathtub', 'claw-foot bathtub', 'round bathtub'}),
    'oval tub': frozenset({'slipper bathtub', 'claw-foot bathtub', 'round bathtub'}),
    'painting': frozenset({'picture'}),
    'poster': frozenset({'picture'}),
    'framed picture': frozenset({'picture'}),
    'bin': frozenset({'crate', 'laundry basket'}),
    'panel door': frozenset({'door'}),
    'drawer desk': frozenset({'panel desk'}),
    'four leg chair': frozenset({'chair'}),
    'desk chair': frozenset({'chair'}),
    'round chair': frozenset({'shell chair'}),
    'two door refrigerator': frozenset({'double refrigerator'}),
    'two door fridge': frozenset({'double refrigerator'}),
    'footstool': frozenset({'ottoman', 'stool'}),
    'washing machine': frozenset({'dryer'}),
    'dryer': frozenset({'washing machine'}),
}


@dataclass(frozen=True)
class Names:
    """The nouns of one thing."""

    kind: str | None  # its class among the 18 things; None outside
    sure: frozenset[str]
    possible: frozenset[str]


def fine_name(thing: RoomObject) -> str | None:
    """The one noun that says most about a shape, None outside the 18 things. Things of one shape have one name."""
    kind = kind_of(thing.raw_category)
    if kind not in CLASS_NOUNS:
        return None
    raw = _raw_categories().get(thing.variant, (thing.raw_category,))[0] or kind
    return (VARIANT_NOUNS.get(thing.variant) or CLASS_NOUNS[kind] or (SAID.get(raw, raw),))[0]


@cache
def kind_of(raw_category: str | None) -> str | None:
    """The ScanNet20 class of a raw category, None for what is not annotated or outside the 20 classes."""
    if raw_category is None:
        return None
    label = _label_map().get(raw_category, 0)
    index = int(scannet20_table()[label])
    classes = class_list('scannet20')
    return classes.names[index] if index < len(classes) else None


@cache
def _label_map() -> dict[str, int]:
    return read_label_map(meta_path('scannet/scannetv2-labels.combined.tsv'), 'nyu40id')


def names_of(thing: RoomObject) -> Names:
    """All nouns of a thing."""
    return _names(thing.raw_category, thing.variant)


@cache
def _names(raw: str | None, variant: str) -> Names:
    kind = kind_of(raw)
    general = frozenset(CLASS_NOUNS.get(kind or '', ()))
    said = frozenset() if raw is None else frozenset({SAID.get(raw, raw)})
    fine = frozenset(VARIANT_NOUNS.get(variant, ()))
    other = frozenset(SAID.get(name, name) for name in _raw_categories().get(variant, ()) if name)
    confused = frozenset(word for word, others in CONFUSED.items() if {kind, raw, variant} & others)
    sure = general | said | (fine if raw else frozenset())
    if variant == 'doorframe':  # an opening without a leaf: some would say door, some would not
        sure -= general
    return Names(kind, sure, sure | general | fine | other | confused)


@cache
def _raw_categories() -> dict[str, tuple[str | None, ...]]:
    """What each shape may be labelled as."""
    return {one.name: one.raw_categories for variants in VARIANTS.values() for one in variants}
