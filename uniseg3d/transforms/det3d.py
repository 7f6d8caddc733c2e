"""mmdet3d's transforms in our pipelines, and its data sets before our models: two adapters between its samples and ours.

Around its transforms, in a pipeline of ours::

    dict(type='LoadScene'), dict(type='ToDet3D'), dict(type='mmdet3d.GlobalRotScaleTrans', ...), dict(type='FromDet3D'), ...

At the end of a pipeline of its own data sets, followed by our last steps::

    dict(type='mmdet3d.LoadAnnotations3D', ...), dict(type='uniseg3d.FromDet3D'), dict(type='uniseg3d.NormalizeColor'), ...
"""

from pathlib import Path

import numpy as np

from uniseg3d.io.scene_info import SceneInfo
from uniseg3d.registry import TRANSFORMS
from uniseg3d.structures.det3d import det3d_points
from uniseg3d.superpoints import cloud_superpoints, relabel
from uniseg3d.transforms.base import SampleDict
from uniseg3d.utils.errors import DataError
from uniseg3d.utils.openmmlab import import_mmdet3d
from uniseg3d.utils.seeding import sample_rng

MASKS = {'semantic': 'pts_semantic_mask', 'instance_ids': 'pts_instance_mask', 'superpoints': 'sp_pts_mask'}


@TRANSFORMS.register_module()
class ToDet3D:
    """Add mmdet3d's points and masks to a sample of ours, for its transforms; :class:`FromDet3D` reads them back."""

    def __init__(self) -> None:
        structures = import_mmdet3d('mmdet3d.structures')
        self.boxes = structures.get_box_type('Depth')

    def __call__(self, sample: SampleDict) -> SampleDict:
        sample['points'] = det3d_points(sample['xyz'], sample['color'])
        sample['box_type_3d'], sample['box_mode_3d'] = self.boxes
        sample |= {name: sample[key] for key, name in MASKS.items() if sample.get(key) is not None}
        return sample


@TRANSFORMS.register_module()
class FromDet3D:
    """mmdet3d's points and masks as ours. A sample without superpoints gets those of its cloud.

    Points that its transforms drew, dropped or reordered are followed where the sample came through :class:`ToDet3D`.
    """

    def __init__(self) -> None:
        import_mmdet3d()

    def __call__(self, sample: SampleDict) -> SampleDict:
        points = sample.pop('points')
        table = points.tensor.numpy()
        if 'color' not in (points.attribute_dims or {}):
            raise DataError('the points have no colours; let the loader keep them: use_color=True')
        if 'row' in points.attribute_dims:
            self._follow(sample, table[:, points.attribute_dims['row']].astype(np.int64))
        else:
            self._start(sample)
        sample['xyz'] = np.ascontiguousarray(table[:, :3])
        sample['color'] = np.ascontiguousarray(table[:, points.attribute_dims['color']])
        self._take_masks(sample, len(table))
        return sample

    def _follow(self, sample: SampleDict, rows: np.ndarray) -> None:
        """Take the same points of all that their transforms do not know."""
        before = sample['rows']
        if len(rows) != len(sample['xyz']) or (np.diff(rows) != 1).any():
            sample['rows'] = rows if before is None else before[rows]
            sample['sp_pts_mask'] = sample['superpoints'][rows]
            if sample.get('novel_point_masks') is not None:
                sample['novel_point_masks'] = sample['novel_point_masks'][:, rows]

    def _start(self, sample: SampleDict) -> None:
        """What a sample of ours has from its data set and from LoadScene."""
        path = Path(sample.get('lidar_path') or sample.get('lidar_points', {}).get('lidar_path', 'scene'))
        sample['scene_id'] = path.stem
        sample.setdefault('info', SceneInfo(path.stem, path.name, path.name))
        sample.setdefault('rng', sample_rng(0, 0, int(sample.get('sample_idx', 0))))
        sample.update(rows=None, origin=np.zeros(3))

    def _take_masks(self, sample: SampleDict, count: int) -> None:
        for key, name in MASKS.items():
            values = sample.pop(name, None)
            sample[key] = None if values is None else np.asarray(values).astype(np.int64)
        if sample['superpoints'] is None:
            sample['superpoints'] = cloud_superpoints(sample['xyz'], sample['color'])
        sample['superpoints'] = relabel(sample['superpoints'])
        wrong = [key for key in MASKS if sample[key] is not None and len(sample[key]) != count]
        if wrong:
            raise DataError(f'{count} points, but {len(sample[wrong[0]])} entries in {wrong[0]}; their masks did not follow')
