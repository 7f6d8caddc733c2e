"""From features and queries to answers."""

from uniseg3d.models.decoders.pairwise import PairwiseDecoder
from uniseg3d.models.decoders.query_decoder import QueryDecoder

__all__ = ['PairwiseDecoder', 'QueryDecoder']
