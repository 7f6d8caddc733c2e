"""Prepared scenes as samples, and how samples become batches."""

from uniseg3d.datasets.collate import collate_scenes
from uniseg3d.datasets.scene_dataset import SceneDataset

__all__ = ['SceneDataset', 'collate_scenes']
