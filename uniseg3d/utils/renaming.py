"""Published names of weights to our own."""

import re
from collections.abc import Mapping
from typing import TypeVar

Value = TypeVar('Value')


def rename(weights: Mapping[str, Value], rules: Mapping[str, str]) -> dict[str, Value]:
    """``weights`` whose names begin with a rule (a pattern), with its replacement there; the others are left out."""
    found = {name: next((rule for rule in rules if re.match(rule, name)), None) for name in weights}
    return {re.sub(f'^{rule}', rules[rule], name): weights[name] for name, rule in found.items() if rule is not None}
