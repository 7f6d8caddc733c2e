"""B12: UniSeg3D's decoder in training and prediction, against a literal implementation of its description."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields

import torch
from peers.literal_decoder import LiteralDecoder
from peers.literal_losses import literal_losses
from torch import Tensor

from benchmarks.checks import require_close
from benchmarks.timing import Item, Settings
from uniseg3d.models.criteria import UniSeg3DCriterion
from uniseg3d.models.criteria.weights import LossForms
from uniseg3d.models.decoders.query_decoder import QueryDecoder, remap_keys
from uniseg3d.structures import QuerySet, Targets

CHANNELS, WIDTH, HEADS, HIDDEN, LAYERS = 32, 256, 8, 1024, 6
CLASSES, STUFF, EMBEDDING = 20, 2, 768
INSTANCES, NOVEL, TEXTS = 25, 20, 15
POINTS_EACH, FEWEST = 50, 60  # superpoints are so large; with fewer of them, no query would be left for novel masks
BATCH, QUERY_SHARE = 2, 0.75  # of the superpoints, in training; its mean over steps
CLOSE = 1e-3  # an attention mask that flips at zero moves a little of everything
PUBLISHED = {field.name: True for field in fields(LossForms)}


@dataclass
class Scene:
    """What a decoder is given, and what is true."""

    features: Tensor  # [M, CHANNELS]
    queries: QuerySet
    targets: Targets


def decoding(settings: Settings) -> Iterator[Item]:
    """B12: one training step of a batch without the optimiser, and one prediction."""
    for points in settings.sizes_or(150_000):
        count = max(points // POINTS_EACH, FEWEST)
        generator = torch.Generator().manual_seed(0)
        literal, ours = build_decoders(generator)
        trained = [make_scene(count, int(QUERY_SHARE * count), generator) for _ in range(BATCH)]
        asked = make_scene(count, count, generator)
        yield _training(literal, ours, trained, f'{BATCH} x {count} superpoints')
        yield _prediction(literal, ours, asked, f'{count} superpoints')


def build_decoders(generator: torch.Generator) -> tuple[LiteralDecoder, QueryDecoder]:
    """The literal decoder and ours with the same weights."""
    classes = torch.nn.functional.normalize(torch.randn(CLASSES, 1, EMBEDDING, generator=generator), dim=2)
    literal = LiteralDecoder(CHANNELS, WIDTH, HEADS, HIDDEN, LAYERS, classes)
    head = {'type': 'OpenClassHead', 'dim': WIDTH, 'embed_dim': EMBEDDING}
    ours = QueryDecoder(
        CHANNELS, head, head, {'type': 'IoUHead', 'dim': WIDTH}, dim=WIDTH, heads=HEADS, hidden=HIDDEN, layers=LAYERS
    )
    ours.load_state_dict(remap_keys(literal.published_weights()))
    ours.class_head.set_classes(classes[STUFF:])
    ours.semantic_head.set_classes(classes)
    return literal, ours


def make_scene(count: int, queries: int, generator: torch.Generator) -> Scene:
    """Random superpoints, each in one instance or none; a click on every instance, sentences about some."""
    features = torch.randn(count, CHANNELS, generator=generator)
    owner = torch.randint(-INSTANCES, INSTANCES, (count,), generator=generator)
    masks = owner == torch.arange(INSTANCES)[:, None]
    labels = torch.randint(0, CLASSES - STUFF, (INSTANCES,), generator=generator)
    classes = torch.randint(0, CLASSES + 1, (count,), generator=generator)
    nothing = torch.full((count,), -1)
    targets = Targets(
        semantic=nothing + 1, instance=nothing, panoptic=nothing, labels=labels, object_ids=torch.arange(INSTANCES),
        masks=masks, novel_masks=torch.rand(NOVEL, count, generator=generator) < 0.02,
        semantic_masks=classes == torch.arange(CLASSES + 1)[:, None], click_instance=torch.arange(INSTANCES),
        text_masks=masks[:TEXTS], text_labels=labels[:TEXTS], text_object_ids=torch.arange(TEXTS),
    )  # fmt: skip
    own = torch.randperm(count, generator=generator)[:queries]
    counts = {'scene': queries, 'clicks': INSTANCES, 'texts': TEXTS}
    prompts = torch.randn(INSTANCES + TEXTS, CHANNELS, generator=generator)
    superpoint = torch.cat([own, torch.full((INSTANCES + TEXTS,), -1)])
    return Scene(features, QuerySet(torch.cat([features[own], prompts]), counts, superpoint), targets)


def _training(literal: LiteralDecoder, ours: QueryDecoder, scenes: list[Scene], size: str) -> Item:
    criterion = UniSeg3DCriterion(forms=PUBLISHED)
    features, queries, targets = ([getattr(scene, name) for scene in scenes] for name in ('features', 'queries', 'targets'))

    def literal_step() -> Tensor:
        outputs = literal(features, queries)
        batch = list(zip(outputs, queries, targets, strict=True))
        return _learned(literal, literal_losses(batch, criterion.contrastive_criterion.logit_scale))

    def our_step() -> Tensor:
        outputs = [ours(*scene, all_heads=True) for scene in zip(features, queries, strict=True)]
        return _learned(ours, criterion(outputs, queries, targets))

    works: dict[str, Callable[[], Tensor]] = {'literal': literal_step, 'ours': our_step}
    require_close('B12', 'ours', our_step(), literal_step(), CLOSE)
    return Item('B12', 'training step', size, 'literal', works)


def _learned(decoder: torch.nn.Module, losses: dict[str, Tensor]) -> Tensor:
    """All terms and the size of the gradient [terms + 1]."""
    decoder.zero_grad()
    sum(losses.values(), torch.zeros(())).backward()
    gradient = torch.stack([p.grad.norm() for p in decoder.parameters() if p.grad is not None]).norm()
    return torch.stack([*(losses[name].detach() for name in sorted(losses)), gradient])


def _prediction(literal: LiteralDecoder, ours: QueryDecoder, scene: Scene, size: str) -> Item:
    @torch.no_grad()
    def literal_answer() -> Tensor:
        return literal([scene.features], [scene.queries])[0][-1].masks

    @torch.no_grad()
    def our_answer() -> Tensor:
        return ours(scene.features, scene.queries)[-1].masks

    require_close('B12', 'ours', our_answer(), literal_answer(), CLOSE)
    return Item('B12', 'decoder prediction', size, 'literal', {'literal': literal_answer, 'ours': our_answer})
