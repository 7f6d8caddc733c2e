"""The end of the pipeline: from the sample dictionary to the typed, length-checked sample."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from uniseg3d.registry import TRANSFORMS
from uniseg3d.structures import Clicks, PointScene, Prompts, Sample, Superpoints, Targets, Texts
from uniseg3d.transforms.base import SampleDict
from uniseg3d.utils.errors import ConfigError


def centered_xyz(sample: SampleDict) -> np.ndarray:
    """Positions relative to their mean [N, 3]."""
    xyz = sample['xyz']
    return xyz - xyz.mean(0, dtype=np.float64).astype(np.float32)


def height(sample: SampleDict) -> np.ndarray:
    """Metres above the floor [N, 1]; the floor is the lowest percent of the points."""
    z = sample['xyz'][:, 2:]
    return z - np.percentile(z, 1).astype(np.float32)


def color(sample: SampleDict) -> np.ndarray:
    """Colours as the pipeline left them [N, 3]."""
    return sample['color']


FEATURES: dict[str, Callable[[SampleDict], np.ndarray]] = {'color': color, 'centered_xyz': centered_xyz, 'height': height}


@TRANSFORMS.register_module()
class PackScene:
    """Build :class:`uniseg3d.structures.Sample`; ``targets`` is None for scenes without labels.

    ``features`` names the columns the encoder sees, in order: 'color' (3), 'centered_xyz' (3), 'height' (1).
    """

    def __init__(self, features: Sequence[str] = ('color', 'centered_xyz')) -> None:
        unknown = sorted(set(features) - set(FEATURES))
        if unknown or not features:
            raise ConfigError(f'PackScene.features must name some of {sorted(FEATURES)}, got {list(features)}')
        self.features = tuple(features)

    def __call__(self, sample: SampleDict) -> Sample:
        columns = [FEATURES[name](sample) for name in self.features]
        scene = PointScene(
            scene_id=sample['scene_id'],
            xyz=_float(sample['xyz']),
            features=_float(np.concatenate(columns, axis=1)),
            voxel_coords=_float(sample['voxel_coords']) if 'voxel_coords' in sample else None,
            rows=_int(sample['rows']) if sample.get('rows') is not None else None,
        )
        superpoints = Superpoints(_int(sample['superpoints']))
        return Sample(scene, superpoints, Prompts(_clicks(sample), _texts(sample)), _targets(sample))


def _clicks(sample: SampleDict) -> Clicks:
    points = sample.get('click_points')
    if points is None:
        return Clicks()
    return Clicks.single(_int(points), _int(sample['superpoints'][points]))


def _texts(sample: SampleDict) -> Texts:
    if 'text_tokens' not in sample:
        return Texts()
    return Texts(list(sample['text_sentences']), _int(sample['text_tokens']))


def _targets(sample: SampleDict) -> Targets | None:
    if sample.get('instance') is None:
        return None
    no_texts = np.zeros((0, sample['masks'].shape[1]), dtype=bool)
    return Targets(
        semantic=_int(sample['semantic']),
        instance=_int(sample['instance']),
        panoptic=_int(sample['panoptic']),
        labels=_int(sample['labels']),
        object_ids=_int(sample['object_ids']),
        masks=_bool(sample['masks']),
        novel_masks=_bool(sample['novel_masks']),
        semantic_masks=_bool(sample['semantic_masks']),
        click_instance=_int(sample.get('click_instance', ())),
        text_masks=_bool(sample.get('text_masks', no_texts)),
        text_labels=_int(sample.get('text_labels', ())),
        text_object_ids=_int(sample.get('text_object_ids', ())),
        text_objects=_bool(sample['text_objects']) if 'text_objects' in sample else None,
        text_kinds=list(sample.get('text_kinds', ())),
        object_names=list(sample.get('object_names', ())),
    )


def _float(array: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))


def _int(array: np.ndarray | Sequence[int]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array, dtype=np.int64))


def _bool(array: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array, dtype=bool))
