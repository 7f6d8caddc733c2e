"""Rooms that several tests look at, built once."""

from functools import cache

from uniseg3d.rooms.build import build_room
from uniseg3d.rooms.scene import Room


@cache
def some_rooms(split: str, count: int = 15, seed: int = 4) -> tuple[Room, ...]:
    """The first rooms of a split."""
    return tuple(build_room(f'room{index:04d}_00', seed, split) for index in range(count))
