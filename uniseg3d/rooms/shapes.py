"""Triangle meshes of the solids that furniture is made of. Metres, z up; ``at`` is the middle of a solid's underside."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

Point = tuple[float, float, float]
ORIGIN: Point = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Mesh:
    """Triangles with outward winding, of one or more solid pieces."""

    vertices: np.ndarray  # [V, 3] float64
    faces: np.ndarray  # [F, 3] int64
    starts: np.ndarray = field(default_factory=lambda: np.zeros(1, int))  # first vertex of each piece, [S]

    def moved(self, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> 'Mesh':
        """The mesh shifted by metres."""
        return replace(self, vertices=self.vertices + (x, y, z))

    def turned(self, angle: float, axis: str = 'z', about: Point = ORIGIN) -> 'Mesh':
        """The mesh rotated by ``angle`` radians about an axis through ``about``."""
        cos, sin = np.cos(angle), np.sin(angle)
        i, j = {'x': (1, 2), 'y': (2, 0), 'z': (0, 1)}[axis]
        rotation = np.eye(3)
        rotation[[i, i, j, j], [i, j, i, j]] = cos, -sin, sin, cos
        return replace(self, vertices=(self.vertices - about) @ rotation.T + about)

    @property
    def bounds(self) -> np.ndarray:
        """Minimum and maximum corner, [2, 3]."""
        return np.stack([self.vertices.min(0), self.vertices.max(0)])

    @property
    def piece_bounds(self) -> np.ndarray:
        """Minimum and maximum corner of every piece, [S, 2, 3]."""
        ends = [np.minimum.reduceat(self.vertices, self.starts), np.maximum.reduceat(self.vertices, self.starts)]
        return np.stack(ends, 1)


def join(meshes: Sequence[Mesh]) -> Mesh:
    """One mesh of several; each stays a piece of its own."""
    offsets = np.cumsum([0] + [len(mesh.vertices) for mesh in meshes[:-1]])
    faces = [mesh.faces + offset for mesh, offset in zip(meshes, offsets, strict=True)]
    starts = [mesh.starts + offset for mesh, offset in zip(meshes, offsets, strict=True)]
    return Mesh(np.concatenate([mesh.vertices for mesh in meshes]), np.concatenate(faces), np.concatenate(starts))


def loft(rings: np.ndarray, caps: bool = True) -> Mesh:
    """Skin over a stack of closed rings [R, K, 3], each counter-clockwise as seen from the end of the stack."""
    count, size = rings.shape[:2]
    here = np.arange(size)
    quads = np.stack([here, np.roll(here, -1), np.roll(here, -1) + size, here + size], 1)  # [K, 4]
    quads = (quads + np.arange(count - 1)[:, None, None] * size).reshape(-1, 4)
    faces = [quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]
    if caps:
        fan = np.stack([np.zeros(size - 2, int), here[1:-1], here[2:]], 1)
        faces += [fan[:, ::-1], fan + (count - 1) * size]
    return Mesh(rings.reshape(-1, 3).astype(float), np.concatenate(faces))


def box(size: Point, at: Point = ORIGIN) -> Mesh:
    """Cuboid."""
    x, y = size[0] / 2, size[1] / 2
    ring = np.array([[-x, -y], [x, -y], [x, y], [-x, y]])
    return prism(ring, size[2], at)


def prism(polygon: np.ndarray, height: float, at: Point = ORIGIN) -> Mesh:
    """Upright convex prism over a counter-clockwise polygon [K, 2]."""
    rings = np.stack([np.column_stack([polygon, np.full(len(polygon), z)]) for z in (0.0, height)])
    return loft(rings + at)


def circle(radius: float, sides: int = 12) -> np.ndarray:
    """Points of a circle, [sides, 2]."""
    angles = np.arange(sides) * (2 * np.pi / sides)
    return radius * np.stack([np.cos(angles), np.sin(angles)], 1)


def rounded_rectangle(depth: float, width: float, power: float = 4.0, sides: int = 16) -> np.ndarray:
    """Superellipse outline [sides, 2]: power 2 is an ellipse, large powers approach a rectangle."""
    unit = circle(1.0, sides)
    unit = np.sign(unit) * np.abs(unit) ** (2 / power)
    return unit * (depth / 2, width / 2)


def revolve(profile: Sequence[tuple[float, float]], at: Point = ORIGIN, sides: int = 12) -> Mesh:
    """Solid of revolution; profile of (radius, z) from bottom to top (then down again inside a bowl)."""
    return stretch(circle(1.0, sides), [(radius, radius, z) for radius, z in profile], at)


def stretch(outline: np.ndarray, profile: Sequence[tuple[float, float, float]], at: Point = ORIGIN) -> Mesh:
    """Solid whose level at z is ``outline`` [K, 2] scaled by (x, y); profile of (x scale, y scale, z)."""
    levels = np.array(profile, float)
    flat = outline[None] * levels[:, None, :2]
    height = np.broadcast_to(levels[:, None, 2:], (*flat.shape[:2], 1))
    return loft(np.concatenate([flat, height], 2) + at)


def cylinder(radius: float, height: float, at: Point = ORIGIN, sides: int = 12, top: float | None = None) -> Mesh:
    """Upright cylinder, or cone frustum when ``top`` gives another upper radius."""
    return revolve([(radius, 0.0), (radius if top is None else top, height)], at, sides)


def ball(size: Point, at: Point = ORIGIN, sides: int = 10) -> Mesh:
    """Ellipsoid of outer size (x, y, z)."""
    polar = np.linspace(0.12, np.pi - 0.12, 7)
    profile = [(np.sin(a) / 2, np.sin(a) / 2, (1 - np.cos(a)) / 2) for a in polar]
    mesh = stretch(circle(1.0, sides), profile)
    return Mesh(mesh.vertices * size + at, mesh.faces)


def cushion(size: Point, at: Point = ORIGIN, sides: int = 16) -> Mesh:
    """Soft block with bulging sides and a domed top."""
    outline = rounded_rectangle(size[0], size[1], 5.0, sides)
    profile = [(0.93, 0.95, 0.0), (1.0, 1.0, 0.35), (0.99, 0.99, 0.7), (0.9, 0.93, 0.92), (0.6, 0.7, 1.0)]
    return stretch(outline, [(x, y, z * size[2]) for x, y, z in profile], at)


def basin(outline: np.ndarray, height: float, rim: float, bottom: float, at: Point = ORIGIN, foot: float = 0.9) -> Mesh:
    """Open bowl: ``outline`` [K, 2] at the rim, wall share ``rim`` of the radius, inner floor at ``bottom``."""
    inner = 1 - rim
    profile = [(foot, 0.0), (1.0, height * 0.6), (1.0, height), (inner, height), (inner * 0.9, (height + bottom) / 2)]
    profile += [(inner * 0.7, bottom), (0.1, bottom)]
    return stretch(outline, [(share, share, z) for share, z in profile], at)


def tube(path: np.ndarray, radius: float, sides: int = 6) -> Mesh:
    """Round bar along a polyline [P, 3]."""
    tangents = np.gradient(path, axis=0)
    tangents /= np.linalg.norm(tangents, axis=1, keepdims=True)
    # one reference direction for the whole bar, far from all of its tangents, keeps neighbouring rings untwisted
    reference = np.eye(3)[np.abs(tangents).max(0).argmin()]
    u = np.cross(reference, tangents)
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    v = np.cross(tangents, u)
    flat = circle(radius, sides)
    return loft(path[:, None] + flat[None, :, :1] * u[:, None] + flat[None, :, 1:] * v[:, None])


def rod(start: Point, end: Point, radius: float, sides: int = 6) -> Mesh:
    """Straight round bar between two points."""
    return tube(np.array([start, end], float), radius, sides)


def sheet(levels: np.ndarray, thickness: float = 0.01) -> Mesh:
    """Hanging cloth: ``levels`` [Z, P, 3] are its horizontal lines from bottom to top, thickened along x."""
    front = levels + (thickness / 2, 0, 0)
    back = levels - (thickness / 2, 0, 0)
    forward = levels[0, -1, 1] > levels[0, 0, 1]
    rings = [front, back[:, ::-1]] if forward else [front[:, ::-1], back]
    return loft(np.concatenate(rings, 1), caps=False)


def panel(width: float, height: float, holes: Sequence[tuple[float, float, float, float]]) -> Mesh:
    """Flat rectangle in the xy plane, corner at the origin, facing +z, without the ``holes`` (x0, x1, y0, y1)."""
    xs = np.unique(np.clip([0.0, width] + [x for hole in holes for x in hole[:2]], 0.0, width))
    ys = np.unique(np.clip([0.0, height] + [y for hole in holes for y in hole[2:]], 0.0, height))
    middle_x, middle_y = np.meshgrid((xs[1:] + xs[:-1]) / 2, (ys[1:] + ys[:-1]) / 2, indexing='ij')
    keep = np.ones(middle_x.shape, bool)
    for x0, x1, y0, y1 in holes:
        keep &= ~((middle_x > x0) & (middle_x < x1) & (middle_y > y0) & (middle_y < y1))
    corners = np.stack([*np.meshgrid(xs, ys, indexing='ij'), np.zeros((len(xs), len(ys)))], -1).reshape(-1, 3)
    i, j = np.nonzero(keep)
    first = i * len(ys) + j
    quads = np.stack([first, first + len(ys), first + len(ys) + 1, first + 1], 1)
    return Mesh(corners, np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]))
