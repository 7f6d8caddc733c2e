"""Parametric furniture. Importing the package fills the catalogue."""

from uniseg3d.rooms.furniture import bathroom, beds, clutter, decoration, openings, seating, storage, tables, utilities
from uniseg3d.rooms.furniture.catalogue import VARIANTS, Part, Variant, pick, suitable

__all__ = ['VARIANTS', 'Part', 'Variant', 'bathroom', 'beds', 'clutter', 'decoration', 'openings', 'pick', 'seating']
__all__ += ['storage', 'suitable', 'tables', 'utilities']
