"""B13: UniSeg3D as published, part by part and in two precisions, with the figures of its paper beside."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.checks import require_close
from benchmarks.clicks import scattered_instances
from benchmarks.rooms import room
from benchmarks.timing import Item, Row, Settings
from uniseg3d.engine.config import load_config
from uniseg3d.io.scene_info import ObjectText, SceneInfo
from uniseg3d.models import UniSeg3D
from uniseg3d.registry import MODELS
from uniseg3d.structures import Sample, SceneBatch, Superpoints
from uniseg3d.superpoints import cloud_superpoints
from uniseg3d.text.tokenizer import tokenize
from uniseg3d.transforms import ClickPrompts, NormalizeColor, PackScene, SuperpointAnnotations, TextPrompts

CONFIG = Path(__file__).parents[2] / 'configs' / 'uniseg3d_1xb4_scannet_scanrefer_scannet200_unified.py'
# Milliseconds on an RTX 4090. The paper's superpoints are those of a mesh, on the processor beside it; ours of a raw cloud.
PUBLISHED = {'superpoints': 168, 'backbone': 33, 'text': 0.03, 'decoder': 29, 'total': 230}
PRECISIONS = ('float32', 'bfloat16')
CLASSES, THINGS = 20, 18
CLOSE = 0.05  # relative: features and losses in bfloat16
TEXTS, END = 15, 49407  # sentences; CLIP's last token
SMALL_TOWER = {'embed_dim': 768, 'text_cfg': {'width': 64, 'heads': 2, 'layers': 2}}  # where there is no GPU
MEGABYTE = 2**20
Works = dict[str, Callable[[], Any]]


def model_parts(settings: Settings) -> Iterator[Item | Row]:
    """B13: a prediction and its parts, and a training step; on a CPU with less of everything."""
    on_gpu = settings.device == 'cuda'
    model = build_model(settings.device)
    for points in settings.sizes_or(150_000 if on_gpu else 20_000):
        sample = make_sample(points)
        yield from _prediction(model, sample, settings)
        yield from _training(model, sample, 4 if on_gpu else 1, settings)


def build_model(device: str) -> UniSeg3D:
    """The published sizes with random weights; without a GPU the text tower is a small one."""
    config = load_config(CONFIG).model
    config.class_embeddings = config.text_encoder.weights = None
    if device == 'cpu':
        config.text_encoder.tower = SMALL_TOWER
    model = MODELS.build(config)
    names = torch.randn(CLASSES, 1, config.decoder.class_head.embed_dim)
    model.set_classes(torch.nn.functional.normalize(names, dim=2))
    return model.to(device)


def make_sample(points: int) -> Sample:
    """A room with objects, a click on each and sentences about some, as the pipeline would hand it over."""
    rng, xyz = np.random.default_rng(0), room(points).xyz
    instance = scattered_instances(xyz)
    label = rng.integers(0, THINGS, instance.max() + 1)
    said = [f'the thing number {i} in the room' for i in range(TEXTS)]
    described = [ObjectText(i, int(label[i]), [text], tokenize([text])) for i, text in enumerate(said)]
    sample = {
        'scene_id': 'room', 'rng': rng, 'xyz': xyz, 'color': rng.uniform(0, 255, xyz.shape).astype(np.float32),
        'superpoints': cloud_superpoints(xyz), 'instance_ids': instance + 1, 'info': SceneInfo('room', '', '', texts=described),
        'semantic': np.where(instance < 0, rng.integers(0, 2, len(xyz)), label[instance] + CLASSES - THINGS),
    }  # fmt: skip
    for step in (NormalizeColor(), SuperpointAnnotations(), TextPrompts(), ClickPrompts()):
        sample = step(sample)
    return PackScene()(sample)


def _prediction(model: UniSeg3D, sample: Sample, settings: Settings) -> Iterator[Item | Row]:
    model.eval()
    size = f'{len(sample.scene)} points, {len(sample.superpoints)} superpoints'
    yield _item('superpoints', size, {'float32': lambda: cloud_superpoints(sample.scene.xyz.numpy())})
    works = {name: _in_precision(name, settings.device, lambda: part_works(model, sample))() for name in PRECISIONS}
    half, full = (_in_precision(name, settings.device, works[name]['backbone'])() for name in ('bfloat16', 'float32'))
    require_close('B13 backbone', 'bfloat16', half, full, CLOSE)
    for part in works['float32']:
        timed = {name: _in_precision(name, settings.device, works[name][part]) for name in PRECISIONS}
        yield _item(part, size, timed)
        if part == 'total':
            yield from _peaks('prediction', size, timed, settings)


def part_works(model: UniSeg3D, sample: Sample) -> Works:
    """Each part of a prediction on what the parts before it made, and the whole, which starts at a raw cloud."""
    device = next(model.parameters()).device
    batch = SceneBatch([sample.to(device)])
    prompts, xyz = batch.samples[0].prompts, sample.scene.xyz.numpy()
    features = model.encoder(batch)
    queries = model.queries(features, prompts, model.text_encoder(prompts.texts.tokens))
    output = model.decoder(features, queries)[-1]

    def new_sentences() -> Tensor:
        tokens = prompts.texts.tokens.clone()
        tokens[:, 1:5] = torch.randint(END, (len(tokens), 4))  # what was encoded before would be remembered
        return model.text_encoder(tokens)

    def whole() -> list[Any]:
        asked = replace(sample, superpoints=Superpoints(torch.from_numpy(cloud_superpoints(xyz))), targets=None)
        return model.predict(SceneBatch([asked.to(device)]))

    return {
        'backbone': lambda: model.encoder(batch),
        f'text: {len(prompts.texts)} new sentences': new_sentences,
        'text': lambda: model.text_encoder(prompts.texts.tokens),
        'decoder': lambda: model.decoder(features, queries),
        'post-processing': lambda: model.postprocess(output, queries, batch.samples[0].superpoints, 'room'),
        'total': whole,
    }


def _training(model: UniSeg3D, sample: Sample, scenes: int, settings: Settings) -> Iterator[Item | Row]:
    model.train()
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-4)
    batch = SceneBatch([sample.to(settings.device)] * scenes)
    works = {name: lambda name=name: train_step(model, optimizer, batch, name) for name in PRECISIONS}
    full, half = (total_loss(model, batch, name, seed=0).detach() for name in PRECISIONS)
    require_close('B13 training step', 'bfloat16', half, full, CLOSE)
    size = f'{scenes} x {len(sample.scene)} points'
    yield _item('training step', size, works)
    yield from _peaks('training step', size, works, settings)


def train_step(model: UniSeg3D, optimizer: torch.optim.Optimizer, batch: SceneBatch, precision: str) -> None:
    """Forward, backward, and the step of the optimiser."""
    optimizer.zero_grad()
    total_loss(model, batch, precision).backward()
    optimizer.step()


def total_loss(model: UniSeg3D, batch: SceneBatch, precision: str, seed: int | None = None) -> Tensor:
    """All terms together []; ``seed`` makes the choice of queries repeatable."""
    if seed is not None:
        torch.manual_seed(seed)
    losses = _in_precision(precision, next(model.parameters()).device.type, lambda: model.loss(batch), grad=True)()
    return torch.stack(list(losses.values())).sum()


def _in_precision(name: str, device: str, work: Callable[[], Any], grad: bool = False) -> Callable[[], Any]:
    def run() -> Any:
        with torch.set_grad_enabled(grad), torch.autocast(device, torch.bfloat16, enabled=name == 'bfloat16'):
            return work()

    return run


def _item(part: str, size: str, works: Works) -> Item:
    what = f'{part}, published: {PUBLISHED[part]} ms' if part in PUBLISHED else part
    return Item('B13', what, size, 'float32', works)


def _peaks(what: str, size: str, works: Works, settings: Settings) -> Iterator[Row]:
    """Peak memory of a GPU, weights included."""
    if settings.device != 'cuda':
        return
    peaks = {}
    for name, work in works.items():
        torch.cuda.reset_peak_memory_stats()
        work()
        peaks[name] = torch.cuda.max_memory_allocated() / MEGABYTE
    for name, peak in peaks.items():
        ratio = peak / peaks['float32']
        place = ('B13', f'{what}, peak memory', size, name, 'float32', settings.threads, settings.device)
        yield Row(*place, ratio, ratio, ratio, unit='MB', value=peak)
