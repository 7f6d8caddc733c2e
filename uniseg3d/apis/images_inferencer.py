"""One call from photos to all tasks."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from uniseg3d.apis.lift_then_segment import LiftedScene, in_world, lift
from uniseg3d.apis.photo_source import SourceFrame, frame_count, frame_names, read_frames, scene_name
from uniseg3d.apis.reconstruct import ReconstructOptions, check_cameras, reconstruct
from uniseg3d.apis.reconstruction_models import load_reconstruction_model
from uniseg3d.apis.scene_inferencer import SceneInferencer
from uniseg3d.apis.shipped import photo_size
from uniseg3d.apis.user_prompts import Asked, Click, PhotoClick, click_groups
from uniseg3d.engine.resume import announce
from uniseg3d.io.colmap_model import ColmapModel
from uniseg3d.models import DUSt3R, MUSt3R, Point3R
from uniseg3d.structures import Prediction
from uniseg3d.utils.errors import DataError

Images = str | Path | Sequence[np.ndarray]  # a folder, a video, or pictures [H, W, 3] uint8 RGB
PhotoAsked = Asked | PhotoClick | Sequence[PhotoClick | Click]


class ImagesInferencer:
    """Photos to points by any network that reconstructs, then questions to the points; no camera need be known.

    ::

        inferencer = ImagesInferencer.load()                   # the small models that come with the package
        inferencer = ImagesInferencer.load('uniseg3d_1xb4_rooms', WORK_DIR, 'MUSt3R_512.pth')
        prediction = inferencer('photos/', clicks=[PhotoClick('3.jpg', (120, 80))], texts=['the red chair'])
        scene = inferencer.open('photos/')                     # reconstruct and encode once,
        prediction = inferencer(scene, texts=['the lamp'])     # ask as often as you like

    Args:
        segmenter: answers about the points.
        reconstructor: makes them.
        options: of the reconstruction.
        scale: metres in one unit of the reconstruction; by default found out.
        cameras: known ones, by the names of photos.
    """

    def __init__(
        self,
        segmenter: SceneInferencer,
        reconstructor: DUSt3R | MUSt3R | Point3R,
        options: ReconstructOptions | None = None,
        scale: float | None = None,
        cameras: ColmapModel | None = None,
    ) -> None:
        self.segmenter, self.reconstructor = segmenter, reconstructor
        self.options, self.scale, self.cameras = options or ReconstructOptions(), scale, cameras

    @classmethod
    def load(
        cls,
        config: str | Path | None = None,
        weights: str | Path | None = None,
        reconstruction_weights: str | Path | None = None,
        reconstruction_config: str | Path | None = None,
        device: str | None = None,
        options: ReconstructOptions | None = None,
        scale: float | None = None,
        cameras: ColmapModel | None = None,
    ) -> 'ImagesInferencer':
        """Both networks from their files, as ``SceneInferencer`` and ``uniseg3d reconstruct`` read them."""
        segmenter = SceneInferencer(config, weights, device)
        reconstructor = load_reconstruction_model(reconstruction_weights, reconstruction_config).to(segmenter.device)
        options = options or ReconstructOptions(photo_size(reconstruction_weights, ReconstructOptions.size))
        return cls(segmenter, reconstructor, options, scale, cameras)

    def __call__(
        self,
        images: Images | LiftedScene,
        clicks: Sequence[PhotoAsked] = (),
        texts: Sequence[str] = (),
        classes: Sequence[str] | None = None,
    ) -> Prediction:
        """All tasks about what the photos show, over the points of ``open(images).reconstruction``.

        clicks: pixels of photos, or places in the reconstruction's world; one or several for each object.
        """
        scene = images if isinstance(images, LiftedScene) else self.open(images)
        return self.segmenter(scene.opened, _placed(scene, clicks), texts, classes)

    def open(self, images: Images) -> LiftedScene:
        """Reconstruct, turn upright, bring to metres, and encode."""
        frames, names = _frames(images)
        if self.cameras is not None:
            check_cameras(self.reconstructor, self.cameras, names or None)
        expected = len(names) if names else frame_count(images) if isinstance(images, str | Path) else None
        scene = reconstruct(self.reconstructor, frames, self.options, self.cameras, expected=expected, say=announce)
        name = scene_name(Path(images)) if isinstance(images, str | Path) else 'photos'
        return LiftedScene(scene, self.segmenter.open(lift(scene, name, self.scale)))


def _frames(images: Images) -> tuple[Iterable[SourceFrame], list[str]]:
    """Frames and, as far as known before they are read, their names."""
    if isinstance(images, str | Path):
        return read_frames(images), frame_names(images)
    if not len(images):
        raise DataError('no photo was given; expected at least one')
    frames = [SourceFrame(f'{number}', float(number), image) for number, image in enumerate(images)]
    return frames, [frame.name for frame in frames]


def _placed(scene: LiftedScene, clicks: Sequence[PhotoAsked]) -> list[list[Click]]:
    """The clicks of each object, in the world."""
    groups: list[list[Click]] = []
    for number, asked in enumerate(clicks):
        group = [asked] if isinstance(asked, PhotoClick) else list(asked) if isinstance(asked, Sequence) else asked
        if isinstance(group, list) and any(isinstance(one, PhotoClick) for one in group):
            groups.append([in_world(scene, _click(one, number)) for one in group])
        else:
            groups += click_groups([asked])  # type: ignore[list-item]
    return groups


def _click(one: object, number: int) -> Click | PhotoClick:
    if not isinstance(one, Click | PhotoClick):
        raise DataError(f'click {number} mixes pixels with {one!r}; expected PhotoClick or Click')
    return one
