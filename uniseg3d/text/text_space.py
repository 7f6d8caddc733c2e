"""The space in which experts and networks meet: sentences as directions."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from uniseg3d.text.class_embeddings import Tokens, embed_classes
from uniseg3d.text.siglip_tokenizer import SiglipTokenizer
from uniseg3d.text.templates import find_templates
from uniseg3d.text.tokenizer import tokenize


class TextEncoder(Protocol):
    """What turns token rows [T, L] into features [T, C]."""

    def embed(self, tokens: Tensor) -> Tensor: ...


class TextSpace:
    """Sentences and class names through one encoder; each sentence is encoded once.

    Args:
        template: name of the templates around class names.
        bare: classes that no template surrounds: 'other' is no thing "in a scene".
        said: other words for some classes.
        tokenizer: ``spiece.model`` of a SigLIP, whose encoder reads other tokens; None: CLIP's, which need no file.
    """

    def __init__(
        self,
        encoder: TextEncoder,
        template: str = 'scene',
        bare: Sequence[str] = ('other',),
        said: Mapping[str, str] | None = None,
        tokenizer: str | None = None,
    ) -> None:
        self.encoder, self.template, self.bare = encoder, template, tuple(bare)
        self.said = {'otherfurniture': 'other', 'others': 'other'} if said is None else dict(said)
        self.tokens: Tokens = tokenize if tokenizer is None else SiglipTokenizer(tokenizer, encoder.context)  # type: ignore[attr-defined]
        self._known: dict[str, Tensor] = {}

    def sentences(self, texts: Sequence[str]) -> Tensor:
        """Directions [T, C] of length one."""
        new = sorted(set(texts) - self._known.keys())
        if new:
            with torch.no_grad():
                directions = F.normalize(self.encoder.embed(torch.from_numpy(self.tokens(new))).float(), dim=1)
            self._known |= dict(zip(new, directions, strict=True))
        return torch.stack([self._known[text] for text in texts])

    def classes(self, names: Sequence[str]) -> Tensor:
        """Directions [K, P, C] of K classes and their synonyms."""
        spoken = [self.said.get(name, name) for name in names]
        whole = embed_classes(spoken, find_templates(self.template), self.encoder.embed, self.tokens)
        alone = [i for i, name in enumerate(spoken) if name in self.bare]
        if alone:
            names_alone = [spoken[i] for i in alone]
            whole[alone] = embed_classes(names_alone, find_templates('name'), self.encoder.embed, self.tokens)
        return whole
