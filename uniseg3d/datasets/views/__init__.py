"""Posed depth images of many data sets behind one reader, and training sequences of them."""

from uniseg3d.datasets.views.dataset import ViewSequenceDataset
from uniseg3d.datasets.views.mixture import ViewMixture
from uniseg3d.datasets.views.overlap_dataset import ViewOverlapDataset
from uniseg3d.datasets.views.pair_dataset import ViewPairDataset
from uniseg3d.datasets.views.pseudo_views import PseudoViewDataset

__all__ = ['PseudoViewDataset', 'ViewMixture', 'ViewOverlapDataset', 'ViewPairDataset', 'ViewSequenceDataset']
