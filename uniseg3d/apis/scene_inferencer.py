"""One call from a cloud to all tasks, for scenes that nobody labelled."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from uniseg3d.apis.memory_forecast import MARGIN, memory_budget, plan_memory, what_would_fit
from uniseg3d.apis.opened_scene import EncodedTile, OpenedScene, known_places, unknown_names, unknown_sentence
from uniseg3d.apis.own_cloud import CloudOptions, OwnCloud, open_cloud, prepare_cloud
from uniseg3d.apis.scene_input import SampleMaker, find_config
from uniseg3d.apis.shipped import config_and_weights, heard_by
from uniseg3d.apis.superpoints import SuperpointOptions
from uniseg3d.apis.tiling import Tile, cut_superpoints, plan_tiles
from uniseg3d.apis.user_prompts import Asked, click_groups
from uniseg3d.apis.working_copy import WorkingCopy, is_dense, make_working_copy
from uniseg3d.engine.resume import announce, existing_weights
from uniseg3d.geometry.thinning import Cells, occupied_cells
from uniseg3d.io.raw_cloud import RawCloud
from uniseg3d.registry import MODELS
from uniseg3d.structures import Prediction, SceneBatch
from uniseg3d.superpoints import CloudSuperpointOptions
from uniseg3d.text.class_lists import ClassList, class_list
from uniseg3d.text.open_names import unheard
from uniseg3d.utils.errors import ConfigError
from uniseg3d.utils.memory import memory_explained
from uniseg3d.utils.progress import track
from uniseg3d.utils.weights import apply_weights, load_weights

Scene = str | Path | RawCloud | OwnCloud | OpenedScene
# larger than what tools/make_superpoints.py makes: as many as of meshes, and colours count as much as shapes
CLOUD_SUPERPOINTS = CloudSuperpointOptions(k_threshold=0.1, color_weight=1.0, min_voxels=20)


class SceneInferencer:
    """A trained model that answers about clouds it has never seen.

    ::

        inferencer = SceneInferencer()                        # the small model that comes with the package
        inferencer = SceneInferencer('uniseg3d_1xb4_rooms', 'work_dirs/uniseg3d_1xb4_rooms')
        prediction = inferencer('scan.ply', clicks=[(1.2, 0.4, 0.5)], texts=['the chair next to the table'])
        scene = inferencer.open('scan.ply')                   # read and encode once,
        prediction = inferencer(scene, texts=['the lamp'])    # ask as often as you like

    Args:
        config: config file, or its bare name in ``configs/``. It is a program: use only those you trust.
        weights: checkpoint, the work dir of a training, or the name of a shipped model; by default that of the config's
            training in ``work_dirs``, and without a config ``rooms-points``, which knows procedural rooms.
        device: where to compute; a GPU where there is one.
        options: what is known about the files; the rest is found out.
        superpoints: how they are made.
        spacing: metres between the points that the model sees; by default as in its training.
        tile: metres; scenes are cut in tiles of this size, by default if they are wider than rooms or do not fit into memory.
        max_memory: GiB that may be used; by default four fifths of what is free.
    """

    def __init__(
        self,
        config: str | Path | None = None,
        weights: str | Path | None = None,
        device: str | None = None,
        options: CloudOptions | None = None,
        superpoints: SuperpointOptions | None = None,
        spacing: float | None = None,
        tile: float | None = None,
        max_memory: float | None = None,
    ) -> None:
        for name, value in (('spacing', spacing), ('tile', tile), ('max_memory', max_memory)):
            if value is not None and not 0 < value < float('inf'):
                raise ConfigError(f'{name} must be positive, got {value}')
        config, weights = config_and_weights(config, weights)
        if config is None:
            raise ConfigError(f'{weights} does not say what model it is for; name its config')
        loaded = find_config(config)
        self.make_sample = SampleMaker(loaded)
        self.model = MODELS.build(loaded.model)
        if not hasattr(self.model, 'answer'):
            raise ConfigError(f'{type(self.model).__name__} answers no prompts; take a config of UniSeg3D')
        apply_weights(self.model, load_weights(existing_weights(weights)).state_dict)
        self.heard = heard_by(weights)
        self.device = device or ('cuda' if torch.cuda.is_available() else 'cpu')
        self.model.to(self.device).eval()
        self.options, self.superpoints = options or CloudOptions(), superpoints or SuperpointOptions(cloud=CLOUD_SUPERPOINTS)
        self.spacing = spacing or self.make_sample.spacing
        self.tile, self.max_memory = tile, max_memory

    @property
    def classes(self) -> ClassList:
        """The classes that the model was trained with."""
        return class_list(self.make_sample.classes)

    def check_names(self, names: Sequence[str]) -> str | None:
        """A sentence about those of ``names`` that the model cannot know; raises if it can find none of them."""
        known = self.classes.thing_names
        if self.model.decoder.name_head is not None:
            strange = unheard(names, self.heard) if self.heard else []
            return f'training never heard of {", ".join(strange)}: what is found under that is a guess' if strange else None
        known_places(names, known)
        unknown = unknown_names(names, known)
        return unknown_sentence(unknown, known) if unknown else None

    def __call__(
        self, scene: Scene, clicks: Sequence[Asked] = (), texts: Sequence[str] = (), classes: Sequence[str] | None = None
    ) -> Prediction:
        """All tasks about a scene; masks of clicks and texts have one row each, in the order they were asked in.

        Args:
            scene: a file of any format in ``io.clouds``, points, or what :meth:`open` returned.
            clicks: places in the coordinates of the file, one or several :class:`Click` for each object.
            texts: sentences.
            classes: names of any things, whose instances become ``Prediction.named``, labelled by their place here.
        """
        groups = click_groups(clicks)
        opened = scene if isinstance(scene, OpenedScene) else self.open(scene)
        with memory_explained(lambda: self._what_would_fit(opened.cloud, len(opened.copy.xyz))):
            return opened.ask(groups, texts, None if classes is None else list(classes))

    @torch.no_grad()
    def open(self, scene: str | Path | RawCloud | OwnCloud, superpoints: np.ndarray | None = None) -> OpenedScene:
        """Read and encode a scene. ``superpoints`` [N]: ids from elsewhere instead of made ones."""
        cloud = self._prepared(scene)
        cells = occupied_cells(cloud.xyz, self.spacing)
        rows = len(cells) if is_dense(cloud, cells) else len(cloud)
        plan, size = plan_memory(len(cloud), rows, _extent(cloud), self.tile, memory_budget(self.max_memory))
        announce(plan.sentence())
        with memory_explained(lambda: self._what_would_fit(cloud, rows, size)):
            return self._in_tiles(cloud, cells, size, superpoints)

    def _what_would_fit(self, cloud: OwnCloud, rows: int, tile: float | None = None) -> str:
        return f'{cloud.name}: {what_would_fit(len(cloud), rows, _extent(cloud), tile or self.tile)}'

    def _in_tiles(self, cloud: OwnCloud, cells: Cells, size: float | None, superpoints: np.ndarray | None) -> OpenedScene:
        copy, tiles = _cut(make_working_copy(cloud, self.spacing, cells, self.superpoints, superpoints), size)
        sample = self.make_sample(cloud.name, copy.xyz, copy.color, copy.superpoints)
        shown = track(tiles, 'tiles encoded') if len(tiles) > 1 else tiles
        encoded = [self._encode(cloud.name, copy, tile) for tile in shown]
        return OpenedScene(cloud, copy, sample, encoded, self.model, self.classes.thing_names)

    def _prepared(self, scene: str | Path | RawCloud | OwnCloud) -> OwnCloud:
        if isinstance(scene, OwnCloud):
            return scene
        if isinstance(scene, RawCloud):
            return prepare_cloud(scene, 'scene', self.options)
        return open_cloud(scene, self.options)

    def _encode(self, name: str, copy: WorkingCopy, tile: Tile) -> EncodedTile:
        place = np.full(int(copy.superpoints.max()) + 1, -1)
        place[tile.superpoints] = np.arange(len(tile.superpoints))
        rows = np.flatnonzero(place[copy.superpoints] >= 0)
        ids = place[copy.superpoints[rows]]
        xyz = copy.xyz[rows] - _ground_middle(copy.xyz[rows])
        sample = self.make_sample(name, xyz, copy.color[rows], ids)
        return EncodedTile(tile, rows, ids, self.model.extract_feat(SceneBatch([sample]).to(self.device))[0])


def _extent(cloud: OwnCloud) -> tuple[float, float, float]:
    """Metres along x, y and z."""
    width, depth, height = np.ptp(cloud.xyz, axis=0).tolist()
    return width, depth, height


def _cut(copy: WorkingCopy, size: float | None) -> tuple[WorkingCopy, list[Tile]]:
    """Tiles of ``size`` metres, and the superpoints cut to fit them."""
    if size is None:
        everything = np.arange(int(copy.superpoints.max()) + 1)
        return copy, [Tile(everything, np.ones(len(everything), bool))]
    cut = cut_superpoints(copy.xyz, copy.superpoints, size, MARGIN)
    return replace(copy, superpoints=cut), plan_tiles(copy.xyz, cut, size, MARGIN)


def _ground_middle(xyz: np.ndarray) -> np.ndarray:
    """What to take off so that the middle lies above the origin and the floor at 0 [3]."""
    low, high = np.percentile(xyz[:, :2], [0.5, 99.5], axis=0)
    return np.array([*(low + high) / 2, np.percentile(xyz[:, 2], 1)], np.float32)
