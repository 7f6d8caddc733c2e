"""What a mask transformer asks one scene, in named groups."""

from dataclasses import dataclass

import torch
from torch import Tensor

from uniseg3d.structures.container import Container
from uniseg3d.utils.errors import DataError


@dataclass(eq=False)
class QuerySet(Container):
    """Q queries of one scene: those of each group stand together, in the order of ``counts``."""

    features: Tensor  # [Q, D] float
    counts: dict[str, int]  # group name -> number of its queries, for example scene, clicks, texts; zeros are fine
    superpoint: Tensor  # [Q] int64, the superpoint a query was made from, -1 = none

    def __post_init__(self) -> None:
        self._check('superpoint', (None,), 'index')
        self._check('features', (len(self.superpoint), None), 'float')
        if sum(self.counts.values()) != len(self):
            raise DataError(
                f'QuerySet.counts {self.counts} add up to {sum(self.counts.values())}, but there are {len(self)} queries'
            )

    def __len__(self) -> int:
        return len(self.superpoint)

    def rows(self, group: str) -> slice:
        """Where the queries of ``group`` stand; empty if there is no such group."""
        names = list(self.counts)
        start = sum(self.counts[name] for name in names[: names.index(group)]) if group in names else 0
        return slice(start, start + self.counts.get(group, 0))

    def only(self, *groups: str) -> 'QuerySet':
        """The queries of some of the groups, in their order here."""
        kept = {name: count for name, count in self.counts.items() if name in groups}
        rows = [self.rows(name) for name in kept]
        none = [slice(0, 0)]
        return QuerySet(
            torch.cat([self.features[part] for part in rows or none]),
            kept,
            torch.cat([self.superpoint[part] for part in rows or none]),
        )

    @classmethod
    def join(cls, groups: dict[str, 'QuerySet']) -> 'QuerySet':
        """One set of several, each a group under its name."""
        parts = list(groups.values())
        return cls(
            torch.cat([part.features for part in parts]),
            {name: len(part) for name, part in groups.items()},
            torch.cat([part.superpoint for part in parts]),
        )
