"""UniSeg3D's decoder word for word: attention weights computed, class branch in every head, masks of all pairs of queries.

Parameters carry the published names, so that ``remap_keys`` of the query decoder takes them.
"""

import itertools
import math

import torch
from torch import Tensor, nn

from uniseg3d.structures import MaskOutput, QuerySet

SCALE = math.exp(torch.tensor(4.6052).item())  # what 32 bits keep of 4.6052


class LiteralAttention(nn.Module):
    """Attention, addition, normalisation."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.attn = nn.MultiheadAttention(dim, heads, batch_first=True)
        self.norm = nn.LayerNorm(dim)

    def forward(self, queries: Tensor, tokens: Tensor, blocked: Tensor) -> Tensor:
        mixed, _ = self.attn(queries[None], tokens[None], tokens[None], attn_mask=blocked)
        return self.norm(queries + mixed[0])


class LiteralPerceptron(nn.Module):
    """Perceptron, addition, normalisation."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(dim, hidden), nn.GELU(), nn.Identity(), nn.Linear(hidden, dim))
        self.norm = nn.LayerNorm(dim)

    def forward(self, queries: Tensor) -> Tensor:
        return self.norm(queries + self.net(queries))


class LiteralDecoder(nn.Module):
    """One scene after the other, all heads complete, in training and in prediction."""

    def __init__(self, channels: int, dim: int, heads: int, hidden: int, layers: int, class_embeddings: Tensor) -> None:
        """``class_embeddings`` [C, P, E]: stuff in the first two rows, things in the others."""
        super().__init__()
        width = class_embeddings.shape[2]
        self.class_embeddings = class_embeddings
        self.input_proj = nn.Sequential(nn.Linear(channels, dim), nn.LayerNorm(dim), nn.ReLU())
        self.x_mask, self.query_proj = (_perceptron(channels, dim, dim) for _ in range(2))
        self.cross_attn_layers = nn.ModuleList(LiteralAttention(dim, heads) for _ in range(layers))
        self.self_attn_layers = nn.ModuleList(LiteralAttention(dim, heads) for _ in range(layers))
        self.ffn_layers = nn.ModuleList(LiteralPerceptron(dim, hidden) for _ in range(layers))
        self.out_norm = nn.LayerNorm(dim)
        self.mask_pooling_proj, self.mask_pooling_proj_sem = (
            nn.Sequential(nn.LayerNorm(dim), nn.Linear(dim, dim)) for _ in range(2)
        )
        self.cls_proj, self.cls_proj_sem = (_perceptron(dim, dim, dim, width) for _ in range(2))
        self.pred_iou_proj = _perceptron(dim, dim, dim, 1)

    def forward(self, features: list[Tensor], queries: list[QuerySet]) -> list[list[MaskOutput]]:
        """``features`` [M, channels] and queries of B scenes: outputs [B][layers + 1]."""
        return [self._scene(*scene) for scene in zip(features, queries, strict=True)]

    def published_weights(self) -> dict[str, Tensor]:
        """State dict under the names of a checkpoint."""
        state = self.state_dict()
        return {name if name.startswith('pred_iou') else f'decoder.{name}': weight for name, weight in state.items()}

    def _scene(self, features: Tensor, asked: QuerySet) -> list[MaskOutput]:
        tokens, mask_features = self.input_proj(features), self.x_mask(features)
        queries, apart = self.query_proj(asked.features), interaction_mask(asked)
        outputs = [self._head(queries, mask_features, last=False)]
        layers = list(zip(self.cross_attn_layers, self.self_attn_layers, self.ffn_layers, strict=True))
        for number, (cross, own, perceptron) in enumerate(layers):
            queries = cross(queries, tokens, attention_mask(outputs[-1].masks))
            queries = perceptron(own(queries, queries, apart))
            outputs.append(self._head(queries, mask_features, last=number + 1 == len(layers)))
        return outputs

    def _head(self, queries: Tensor, mask_features: Tensor, last: bool) -> MaskOutput:
        embeddings = self.out_norm(queries)
        masks = embeddings @ mask_features.T
        inside = (masks > 0).to(masks.dtype).detach()
        pooled = inside @ mask_features / (inside.sum(1, keepdim=True) + 1e-8)
        predicted = self.cls_proj(self.mask_pooling_proj(pooled) + embeddings)
        semantic = self.cls_proj_sem(self.mask_pooling_proj_sem(pooled) + embeddings) if last else None
        return MaskOutput(
            masks,
            embeddings,
            classes=class_logits(predicted, self.class_embeddings[2:]),
            semantic=None if semantic is None else class_logits(semantic, self.class_embeddings),
            ious=self.pred_iou_proj(embeddings)[:, 0],
        )


def interaction_mask(asked: QuerySet) -> Tensor:
    """True [Q, Q] where one query may not see another: prompts see themselves, scene queries one another."""
    blocked = torch.ones(len(asked), len(asked), dtype=torch.bool)
    scene = asked.rows('scene')
    blocked[scene, scene] = False
    return blocked.fill_diagonal_(False)


def attention_mask(masks: Tensor) -> Tensor:
    """True [Q, M] outside the masks; an empty mask blocks nothing."""
    blocked = (masks.sigmoid() < 0.5).detach()
    blocked[blocked.all(1)] = False
    return blocked


def class_logits(embeddings: Tensor, prototypes: Tensor) -> Tensor:
    """Scaled product of the normalised ``embeddings`` [Q, E] with the best prototype; void is zero: [Q, C + 1]."""
    direction = embeddings / embeddings.norm(dim=1, keepdim=True)
    with_void = torch.cat([prototypes, torch.zeros_like(prototypes[:1])])  # [C + 1, P, E]
    return SCALE * torch.einsum('qe,cpe->qcp', direction, with_void).max(2).values


def _perceptron(*widths: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for before, after in itertools.pairwise(widths):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*layers[:-1])
