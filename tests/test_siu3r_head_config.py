"""The pre-training of SIU3R's masks, trained and tested for one step on rooms in the form of COCO."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from view_configs import PHOTO_CONFIGS
from view_files import write_walks
from view_training import narrowed

from uniseg3d.engine.config import load_config
from uniseg3d.engine.launch import build_runner
from uniseg3d.io.id_images import read_ids, write_ids
from uniseg3d.text.class_lists import class_list

SIZE = (64, 48)  # width, height
COCO = class_list('coco133').names


@pytest.fixture
def work_dir(tmp_path: Path) -> Iterator[Path]:
    """A folder that goes with the test: pytest would keep the weights."""
    yield tmp_path / 'work'
    shutil.rmtree(tmp_path)


def write_coco(root: Path, walks: Path) -> Path:
    """Frames of a walk as COCO has its photos, under the names that COCO has for the first of the rooms' classes."""
    frames = sorted((walks / 'frames').glob('*/color/*.jpg'))[:3]
    for split in ('train2017', 'val2017'):
        (root / split).mkdir(parents=True)
        annotations = []
        for number, frame in enumerate(frames):
            shutil.copy(frame, root / split / f'{number:012d}.jpg')
            ids = read_ids(frame.parents[1] / 'panoptic' / f'{frame.stem}.png')
            write_ids(root / 'annotations' / f'panoptic_{split}' / f'{number:012d}.png', ids)
            segments = [{'id': code, 'category_id': code // 1000, 'iscrowd': 0} for code in set(ids.ravel().tolist()) - {0}]
            annotations.append({'image_id': number, 'file_name': f'{number:012d}.png', 'segments_info': segments})
        content = {
            'images': [{'id': number, 'file_name': f'{number:012d}.jpg'} for number in range(len(frames))],
            'annotations': annotations,
            'categories': [{'id': place + 1, 'name': name} for place, name in enumerate(COCO[:20])],
        }
        (root / 'annotations' / f'panoptic_{split}.json').write_text(json.dumps(content))
    return root


def shortened(path: Path, data: Path, work_dir: Path) -> Config:
    """The config on these photos for one epoch, with a narrow network and from random weights."""
    config = load_config(path)
    config.work_dir = str(work_dir)
    config.model = narrowed(config.model)
    config.model.encoder.depth, config.model.image_adapter.layers, config.model.geometry_weights = 1, (0, 0, 0, 0), None
    config.model.mask_decoder.layers, config.model.segments.points = 2, 64
    for loader in (config.train_dataloader, config.val_dataloader, config.test_dataloader):
        assert loader.dataset.data_root == 'data/coco'
        loader.dataset.update(data_root=str(data), resolutions=[SIZE])
        loader.num_workers = 0
        loader.persistent_workers, loader.batch_size = False, 1
    config.train_dataloader.sampler.batch_size = 1
    config.train_cfg.max_epochs, config.param_scheduler.warmup = 1, 0.5
    config.default_hooks.checkpoint.save_optimizer = False
    return config


@pytest.mark.parametrize('path', PHOTO_CONFIGS, ids=lambda p: p.stem)
def test_masks_are_pre_trained_on_photos(path: Path, tmp_path: Path, work_dir: Path) -> None:
    data = write_coco(tmp_path / 'coco', write_walks(tmp_path / 'walks', scenes=1, frames=3))
    runner = build_runner(shortened(path, data, work_dir))
    runner.train()
    assert runner.iter >= 1 and (work_dir / 'epoch_1.pth').exists()
    assert all(p.isfinite().all() for p in runner.model.parameters())
    metrics = runner.test()
    assert {'pq', 'sq', 'rq', 'miou'} <= metrics.keys() and 0 <= metrics['pq'] <= 1
    learned = torch.load(work_dir / 'epoch_1.pth', weights_only=False)['state_dict']
    assert any(name.startswith('mask_decoder.') for name in learned), 'what SIU3R starts from'
