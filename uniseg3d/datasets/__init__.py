"""Prepared scenes and views as samples, and how samples become batches."""

from uniseg3d.datasets.collate import collate_scenes, collate_views
from uniseg3d.datasets.scene_dataset import SceneDataset
from uniseg3d.datasets.views import ViewMixture, ViewOverlapDataset, ViewSequenceDataset

__all__ = [
    'SceneDataset',
    'ViewMixture',
    'ViewOverlapDataset',
    'ViewSequenceDataset',
    'collate_scenes',
    'collate_views',
]
