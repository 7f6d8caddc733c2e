"""B17: an image rendered from MUSt3R's memory, by what the memory keeps of its tokens."""

from collections.abc import Callable, Iterator
from typing import cast

import torch
from torch import Tensor

from benchmarks.checks import require_close
from benchmarks.timing import Item, Settings
from uniseg3d.models.decoders.memory import MemoryDecoder
from uniseg3d.models.decoders.view_memory import ViewMemory
from uniseg3d.models.layers.memory_block import FORMS, MemoryBlock
from uniseg3d.ops.rope import grid_positions

GRID = (24, 32)  # patches of an image of 512 x 384 pixels
REMEMBERED = 8 * 24 * 32  # tokens: of eight such images
SIZES = {'in_dim': 1024, 'dim': 768, 'heads': 12}  # as published; all layers cost the same
DEPTHS = {'cuda': 12, 'cpu': 3}
ALIKE = 1e-4


def remembering(settings: Settings) -> Iterator[Item]:
    """B17: memories of some tokens."""
    decoder = MemoryDecoder(**SIZES, depth=DEPTHS[settings.device]).eval().to(settings.device)
    for tokens in settings.sizes_or(REMEMBERED):
        patches = min(GRID[0] * GRID[1], tokens)
        works = renderings(decoder, patches, tokens, settings.device)
        expected = works['normalized']()
        for form in FORMS:
            require_close('B17', f'a memory of {form}', works[form](), expected, ALIKE)
        size = f'{patches} patches, {tokens} tokens in memory'
        yield Item('B17', 'rendering from memory', size, 'normalized', works)


@torch.no_grad()
def renderings(decoder: MemoryDecoder, patches: int, remembered: int, device: str) -> dict[str, Callable[[], Tensor]]:
    """For each form of one memory, how an image of ``patches`` is rendered from it."""
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(1, patches, SIZES['in_dim'], generator=generator).to(device)
    tokens = [torch.randn(1, remembered, SIZES['dim'], generator=generator).to(device) for _ in decoder.blocks]
    positions = grid_positions(*GRID, device=torch.device(device))[:patches]

    def rendering(form: str) -> Callable[[], Tensor]:
        kept = [cast(MemoryBlock, block).store(part, form) for block, part in zip(decoder.blocks, tokens, strict=True)]
        memory = ViewMemory(form, kept, (0,), (remembered,), 1, 1)

        @torch.no_grad()
        def work() -> Tensor:
            return decoder.render([features], [positions], memory)[0][-1]

        return work

    return {form: rendering(form) for form in FORMS}
