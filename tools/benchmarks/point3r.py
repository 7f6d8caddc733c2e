"""B14: what a frame of Point3R costs while its memory grows, and its rotation and merging beside literal loops."""

from collections.abc import Callable, Iterator

import torch
from peers.literal_point3r import literal_merge, literal_rotation_3d
from torch import Tensor

from benchmarks.checks import require_close
from benchmarks.timing import Item, Settings
from uniseg3d.models.decoders.pointer_memory import MergingMemory
from uniseg3d.models.decoders.pointer_memory_rows import Pointers
from uniseg3d.models.decoders.two_stream import Places, TwoStreamDecoder
from uniseg3d.ops.rope3d import rotation_3d

PATCHES = 768  # of an image of 512 x 384 pixels
POINTERS = (768, 1536, 3072, 6144)
AMONG = 3072  # pointers where literal loops take part
PUBLISHED = {'in_dim': 1024, 'dim': 768, 'depth': 12, 'heads': 12, 'memory_heads': 16}
SMALL = {'in_dim': 512, 'dim': 384, 'depth': 2, 'heads': 6, 'memory_heads': 8}  # where there is no GPU
ROOM = 5.0  # metres
LAYERS = 3  # that use the tables of a frame, in the comparison; the published model has twelve


def streaming(settings: Settings) -> Iterator[Item]:
    """B14: both streams over growing memories, then the two operations that were loops."""
    sizes = PUBLISHED if settings.device == 'cuda' else SMALL
    yield from _growing(settings, sizes)
    yield rotating(settings, sizes)
    yield merging(settings, sizes['dim'])


def stream_flop(sizes: dict[str, int], patches: int, pointers: int) -> float:
    """Operations of both streams: linear layers, and products of attention. The memory has one block less.

    A block of T tokens of width D beside C others: 14 D² products per token (4 self-attention, 2 cross-attention, 8
    perceptron), 2 D² per other token, and D per pair for weights and for mixtures in both attentions.
    """

    def block(tokens: int, others: int) -> float:
        width = sizes['dim']
        return 2 * width**2 * (14 * tokens + 2 * others) + 4 * width * tokens * (tokens + others)

    tokens, depth = patches + 1, sizes['depth']
    embed = 2 * patches * sizes['in_dim'] * sizes['dim']
    return embed + depth * block(tokens, pointers) + (depth - 1) * block(pointers, tokens)


def decode(decoder: TwoStreamDecoder, patches: int, pointers: int, device: str) -> Callable[[], Tensor]:
    """A frame through both streams, tables of rotation included."""
    generator = torch.Generator().manual_seed(pointers)
    width = decoder.norm.normalized_shape[0]
    features, token = torch.randn(1, patches, decoder.embed.in_features, generator=generator), torch.zeros(1, 1, width)
    memory = torch.randn(1, pointers, width, generator=generator)
    places = Places(*(torch.rand(1, count, 3, generator=generator) * ROOM for count in (patches, pointers)))
    inputs = [value.to(device) for value in (features, token, memory)]
    places = Places(*(value.to(device) for value in places))

    @torch.no_grad()
    def work() -> Tensor:
        return decoder(*inputs, places)[-1]

    return work


def _growing(settings: Settings, sizes: dict[str, int]) -> Iterator[Item]:
    decoder = TwoStreamDecoder(**sizes).eval().to(settings.device)
    least, *more = settings.sizes_or(*POINTERS)
    start = stream_flop(sizes, PATCHES, least)
    for count in more:
        flop = stream_flop(sizes, PATCHES, count)
        names = {f'{least} pointers': least, f'{count} pointers, {flop / start:.2f} times the operations': count}
        works = {name: decode(decoder, PATCHES, number, settings.device) for name, number in names.items()}
        yield Item('B14', 'both streams', f'{PATCHES} patches, {count} pointers', f'{least} pointers', works)


def rotating(settings: Settings, sizes: dict[str, int]) -> Item:
    """All queries and keys of some layers; the literal loops know no tables, ours are made once for all layers."""
    generator = torch.Generator().manual_seed(0)
    counts = _counts(settings)
    places = [torch.rand(1, count, 3, generator=generator).to(settings.device) * ROOM for count in counts]
    turned = []  # tokens, their positions, tokens that stay, and how often a layer turns the like
    for own, heads in enumerate((sizes['heads'], sizes['memory_heads'])):
        for stream, positions in enumerate(places):
            shape = (1, heads, positions.shape[1] + (stream == 0), sizes['dim'] // heads)
            uses = 3 if stream == own else 1  # query and key of the self-attention and query of the other; its key
            turned.append((torch.randn(shape, generator=generator).to(settings.device), positions, int(stream == 0), uses))

    def literal() -> list[Tensor]:
        return [literal_rotation_3d(*case[:3]) for _ in range(LAYERS) for case in turned for _ in range(case[3])]

    def ours() -> list[Tensor]:
        tables = [rotation_3d(positions, tokens.shape[-1], leading) for tokens, positions, leading, _ in turned]
        cases = list(zip(tables, turned, strict=True))
        return [table(case[0]) for _ in range(LAYERS) for table, case in cases for _ in range(case[3])]

    return _compared('rotation by places in space', counts, literal, ours)


def merging(settings: Settings, width: int) -> Item:
    """A frame that sees half of what is known, and as much that is new."""
    generator = torch.Generator().manual_seed(0)
    shift = torch.tensor([ROOM / 2, 0, 0])
    counts = _counts(settings)
    new_positions, positions = (torch.rand(1, count, 3, generator=generator) * ROOM for count in counts)
    new_features, features = (torch.randn(1, count, width, generator=generator) for count in counts)
    parts = [value.to(settings.device) for value in (features, positions, new_features, new_positions + shift)]
    rule, memory, seen = MergingMemory(), Pointers.of_frame(*parts[:2]), Pointers.of_frame(*parts[2:], 1)

    def literal() -> list[Tensor]:
        return list(literal_merge(*(part[0] for part in parts)))

    def ours() -> list[Tensor]:
        merged = rule(memory, seen)
        return [merged.features[0], merged.positions[0]]

    return _compared('merging of pointers', counts, literal, ours)


def _counts(settings: Settings) -> tuple[int, int]:
    """Patches of a frame, and pointers."""
    pointers = max(settings.sizes_or(AMONG))
    return min(PATCHES, pointers), pointers


def _compared(
    what: str, counts: tuple[int, int], literal: Callable[[], list[Tensor]], ours: Callable[[], list[Tensor]]
) -> Item:
    for result, expected in zip(ours(), literal(), strict=True):
        require_close('B14', f'ours, {what}', result, expected, 1e-5)
    size = f'{counts[0]} patches, {counts[1]} pointers'
    return Item('B14', what, size, 'ours', {'ours': ours, 'literal loops': literal})
