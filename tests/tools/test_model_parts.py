"""The parts that are timed are those of a whole prediction, on a scene as the pipeline hands it over."""

import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[2] / 'tools'))

from benchmarks import model_parts as benchmark
from benchmarks.timing import Settings


@pytest.fixture(scope='module')
def model():
    torch.manual_seed(0)
    return benchmark.build_model('cpu')


@pytest.fixture(scope='module')
def sample(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp('rooms'))
        return benchmark.make_sample(2000)


def test_the_model_has_the_published_size(model):
    trained = sum(p.numel() for name, p in model.named_parameters() if p.requires_grad and 'click_pooling' not in name)
    assert trained == 18_976_642


def test_the_scene_has_something_for_every_task(sample):
    assert len(sample.scene) == pytest.approx(2000, rel=0.01) and len(sample.superpoints) > 20
    truth = sample.targets
    assert len(sample.prompts.clicks) == len(truth.labels) == 25
    assert len(sample.prompts.texts) == benchmark.TEXTS and truth.text_masks.any()
    assert truth.semantic_masks[: benchmark.CLASSES].any(0).double().mean() > 0.7
    assert sample.scene.features[:, :3].abs().max() <= 1


def test_the_parts_make_the_whole(model, sample):
    with torch.no_grad():
        parts = benchmark.part_works(model.eval(), sample)
        assembled, (whole,) = parts['post-processing'](), parts['total']()
        sentences = [parts['text: 15 new sentences']() for _ in range(2)]
    assert torch.equal(assembled.superpoints.ids, whole.superpoints.ids)
    assert torch.equal(assembled.semantic, whole.semantic)
    assert torch.equal(assembled.clicks.masks, whole.clicks.masks) and torch.equal(assembled.texts.masks, whole.texts.masks)
    assert torch.equal(parts['text'](), parts['text']()) and not torch.equal(*sentences), 'new ones are not remembered'


@pytest.mark.parametrize('precision', benchmark.PRECISIONS)
def test_a_step_trains_all_but_the_text_tower(model, sample, precision):
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-4)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    batch = benchmark.SceneBatch([sample])
    model.train()
    benchmark.train_step(model, optimizer, batch, precision)
    assert all(p.isfinite().all() for p in model.parameters())
    same = {name for name, p in model.named_parameters() if torch.equal(p, before[name])}
    assert {name for name, p in model.named_parameters() if not p.requires_grad} <= same
    assert not any(name.startswith(('encoder.', 'decoder.mask_head')) for name in same)


def test_published_figures_stand_beside_their_parts(monkeypatch, sample):
    monkeypatch.setattr(benchmark, 'make_sample', lambda points: sample)
    items = list(benchmark.model_parts(Settings(sizes=(2000,))))
    assert [item.what for item in items] == [
        'superpoints, published: 168 ms',
        'backbone, published: 33 ms',
        'text: 15 new sentences',
        'text, published: 0.03 ms',
        'decoder, published: 29 ms',
        'post-processing',
        'total, published: 230 ms',
        'training step',
    ]
    assert all(set(item.candidates) == set(benchmark.PRECISIONS) for item in items[1:])
