"""The unit of a cloud, told by how high rooms are."""

UNITS = {'m': 1.0, 'cm': 0.01, 'mm': 0.001, 'inch': 0.0254}  # metres
# A storey is 2.2 to 4 m high, a room without its ceiling or an outdoor scan somewhat less or more. Heights between are
# buildings of several storeys in metres; nothing indoors is that flat or that high in another unit.
HIGHEST = {'m': 45.0, 'inch': 165.0, 'cm': 1200.0}


def guess_unit(height: float) -> str:
    """Likeliest unit of a cloud of indoor spaces or single objects that is ``height`` units high."""
    return next((unit for unit, highest in HIGHEST.items() if height <= highest), 'mm')
