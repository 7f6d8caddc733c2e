"""Who may look at whom among images that are shown together."""

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor


class Sight(NamedTuple):
    """What images may see of a memory, and after it of each other."""

    kept: int  # tokens M of the memory
    hidden: Tensor | None = None  # [B, M], those that none sees
    unseen: Tensor | None = None  # [V, S], tokens of all V images that each does not see; None: it sees all there are

    @classmethod
    def among(cls, lengths: Mapping[int, int], kept: int, hidden: Tensor | None, causal: bool, device: torch.device) -> 'Sight':
        """Of the images whose numbers of tokens are ``lengths``, in the order of those; none: they see the memory alone.

        No image sees itself, unless there is nothing else. ``causal``: only those before it, and the first one the second.
        """
        if len(lengths) < 2:
            return cls(kept, hidden)
        owners = torch.tensor(list(lengths)).repeat_interleave(torch.tensor(list(lengths.values()))).to(device)  # [S]
        images = torch.arange(len(lengths), device=device)[:, None]
        unseen = owners >= images if causal else owners == images
        if causal and not kept:
            unseen[0] = owners != 1  # there is none before it
        return cls(kept, hidden, unseen)

    def blocked(self, images: list[int], tokens: int) -> Tensor | None:
        """For ``images`` of ``tokens`` tokens each, as attention asks for it; spreads to [B, heads, V * T, M + S]."""
        if self.unseen is None:
            return None if self.hidden is None else self.hidden[:, None, None]
        rows = self.unseen[images].repeat_interleave(tokens, 0)[None, None]  # [1, 1, V * T, S]
        if self.hidden is None:
            return torch.cat([rows.new_zeros(1, 1, rows.shape[2], self.kept), rows], -1)
        hidden = self.hidden[:, None, None].expand(-1, 1, rows.shape[2], -1)
        return torch.cat([hidden, rows.expand(len(hidden), -1, -1, -1)], -1)
