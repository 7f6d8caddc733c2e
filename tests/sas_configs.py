"""What configs of SAS need to run on the tiny prepared data: lifted features, and no file of a download."""

import torch

from uniseg3d.io.infos import read_infos
from uniseg3d.io.point_features import write_point_features
from uniseg3d.structures.point_features import PointFeatures


def shorten_sas(config, root, work_dir):
    """A tiny network and random features of its width for every scene below ``root``."""
    dim = config.model.network.out_channels
    if config.model.network.type == 'MinkUNet':
        config.model.network.update(variant=((8,) * 8, (1,) * 8), stem_size=3)
    config.model.texts.encoder = {'type': 'HashedWords', 'dim': dim}
    config.model.texts.pop('tokenizer', None)  # those words are of CLIP's tokens
    if config.model.get('history'):
        config.model.history.folder = str(work_dir / 'history')
    for info in read_infos(root / 'uniseg3d_infos_train.json'):
        seen = torch.arange(info.num_points) % 3 > 0
        values = torch.randn(int(seen.sum()), dim, generator=torch.Generator().manual_seed(0))
        write_point_features(work_dir / 'lifted' / f'{info.scene_id}_0.pt', PointFeatures(values.half(), seen))
    loaders = [config[name].dataset for name in ('train_dataloader', 'val_dataloader', 'test_dataloader')]
    for one in loaders:
        one.pop('folders', None)  # the tiny data have one kind of labels
    for pipeline in [*(one.pipeline for one in loaders), *(hook.get('pipeline', []) for hook in config.custom_hooks)]:
        for step in pipeline:
            if step['type'] == 'LoadPointFeatures':
                step['folder'] = str(work_dir / 'lifted')
            if step['type'] == 'MapSemantic':
                step['largest_id'] = max(41, step.get('largest_id', 41))
