"""From features and queries to answers."""

from uniseg3d.models.decoders.query_decoder import QueryDecoder

__all__ = ['QueryDecoder']
