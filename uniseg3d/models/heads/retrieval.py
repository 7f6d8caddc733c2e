"""Local features of images that can be searched, made from the tokens of an encoder."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from uniseg3d.ops.asmk import asmk_scores
from uniseg3d.utils.errors import CheckpointError, DataError


class Whitening(nn.Module):
    """Subtract a mean and turn; in double precision, as small differences of large numbers matter."""

    def __init__(self, dim: int, out_dim: int) -> None:
        super().__init__()
        self.m = nn.Parameter(torch.zeros(1, dim, dtype=torch.float64), requires_grad=False)
        self.p = nn.Parameter(torch.eye(dim, out_dim, dtype=torch.float64), requires_grad=False)

    def forward(self, values: Tensor) -> Tensor:
        """[..., dim] to [..., out_dim] float32."""
        return ((values.double() - self.m.double()) @ self.p.double()).float()


class RetrievalHead(nn.Module):
    """Whitening, a projector, and whitening again; the length of the projected token says how much it is worth.

    Args:
        projector: turns whitened tokens into features.
        prewhiten, postwhiten: before and after it; ``None``: not at all.
        residual: add what the projector gets to what it gives.
        features: how many tokens of an image are kept; negative: minus their share.
    """

    def __init__(
        self,
        projector: nn.Module,
        prewhiten: Whitening | None = None,
        postwhiten: Whitening | None = None,
        residual: bool = False,
        features: float = 300,
    ) -> None:
        super().__init__()
        self.prewhiten, self.projector, self.postwhiten = prewhiten, projector, postwhiten
        self.residual, self.features = residual, features

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens [..., T, C] to features [..., T, D] and their worth [..., T]."""
        with torch.autocast(tokens.device.type, enabled=False):
            given = tokens.float() if self.prewhiten is None else self.prewhiten(tokens)
            projected = self.projector(given)
            if self.residual:
                projected = projected + given
            worth = projected.norm(dim=-1)
            return (projected if self.postwhiten is None else self.postwhiten(projected)), worth

    def best(self, tokens: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Of one image [T, C]: features [n, D], worth [n] and place [n] of the tokens that are worth most, best first."""
        features, worth = self(tokens)
        count = int(-self.features * len(tokens)) if self.features < 0 else int(self.features)
        value, place = worth.topk(min(count, len(tokens)))
        return features[place], value, place

    def describe(self, tokens: Tensor) -> Tensor:
        """One descriptor of unit length per image: [..., T, C] to [..., D]."""
        features, worth = self(tokens)
        return nn.functional.normalize((features * worth[..., None]).sum(-2), dim=-1)


@dataclass(eq=False)
class Retrieval:
    """A head and the visual words that its features are sorted into."""

    head: RetrievalHead
    centroids: Tensor  # [K, D]

    @torch.no_grad()
    def similarity(self, tokens: Sequence[Tensor]) -> Tensor:
        """How similar V images are, by their tokens [T, C] each: [V, V] float64, row = the image that asks."""
        found = [self.head.best(own)[0] for own in tokens]
        if not found:
            raise DataError('similarity of no images; expected at least one')
        counts = torch.tensor([len(own) for own in found])
        image = torch.arange(len(found)).repeat_interleave(counts).to(found[0].device)
        return asmk_scores(torch.cat(found), image, len(found), self.centroids.to(found[0]))


def retrieval_head(weights: Mapping[str, Tensor], residual: bool = False, features: float = 300) -> RetrievalHead:
    """The head of published ``weights``; its layers follow from their names and shapes. Other names are left aside."""
    parts = {name: _whitening(weights, name) for name in ('prewhiten', 'postwhiten')}
    head = RetrievalHead(_projector(weights), **parts, residual=residual, features=features)
    known = {name: value for name, value in weights.items() if name.split('.')[0] in ('prewhiten', 'projector', 'postwhiten')}
    head.load_state_dict(known)
    return head.eval()


def _whitening(weights: Mapping[str, Tensor], name: str) -> Whitening | None:
    return Whitening(*weights[f'{name}.p'].shape) if f'{name}.p' in weights else None


def _projector(weights: Mapping[str, Tensor]) -> nn.Sequential:
    """Linear layers, with a norm and an activation between two of them."""
    numbers = sorted(int(found[1]) for name in weights if (found := re.fullmatch(r'projector\.(\d+)\.weight', name)))
    layers: list[nn.Module] = []
    for number in numbers:
        shape = weights[f'projector.{number}.weight'].shape
        bias = f'projector.{number}.bias' in weights
        own = [nn.Linear(shape[1], shape[0], bias)] if len(shape) == 2 else [nn.LayerNorm(shape[0]), nn.GELU()]
        if number != len(layers):
            raise CheckpointError(
                f'the retrieval weights hold projector.{number}.weight, expected projector.{len(layers)}.weight'
            )
        layers += own
    return nn.Sequential(*layers)
