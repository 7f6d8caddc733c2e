"""What the viewer offers to everybody: the scenes it was started with, the models, and room for uploads."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from uniseg3d.apis.lift_then_segment import lift
from uniseg3d.apis.own_cloud import CloudOptions, OwnCloud, open_cloud
from uniseg3d.apis.photo_source import SourceFrame
from uniseg3d.apis.scene_inferencer import SceneInferencer
from uniseg3d.demo.live_stream import LiveStream
from uniseg3d.demo.model_queue import ModelQueue
from uniseg3d.demo.photo_model import PhotoModel, PhotoSettings, Seen
from uniseg3d.demo.sandbox import Sandbox, confined
from uniseg3d.demo.session import Session
from uniseg3d.demo.shared_scene import MOST_SHOWN, SharedScene
from uniseg3d.demo.shown import Shown, ShownCamera
from uniseg3d.demo.shown_files import holds_gaussians, read_shown, scan_file
from uniseg3d.demo.shown_gaussians import gaussians_from_photos
from uniseg3d.demo.shown_photos import shown_cameras, shown_photos
from uniseg3d.demo.tray import Tray
from uniseg3d.utils.errors import ConfigError, DataError

MOST_SQUARES = 12  # photos; each pixel of each becomes a gaussian
View = Session | Shown | LiveStream  # a scene that can be asked, one that can be looked at, or one that grows


@dataclass
class Host:
    """Opens scenes; users share the encoded ones and nothing else."""

    inferencer: SceneInferencer | None = None  # None: nothing can be asked, only looked at
    photo_models: dict[str, PhotoModel] = field(default_factory=dict)  # that make scenes of photos, by their names
    sandbox: Sandbox = field(default_factory=Sandbox)
    queue: ModelQueue = field(default_factory=ModelQueue)
    local_files: Path | None = None  # users may open what lies below; None = nothing
    options: CloudOptions = field(default_factory=CloudOptions)
    start: SharedScene | Shown | LiveStream | None = None  # what every new page shows
    about: list[str] = field(default_factory=list)  # what people should know about who answers them

    def open_stream(self, frames: Iterable[SourceFrame]) -> None:
        """Every page begins with the scene that ``frames`` make while they arrive."""
        able = [maker for maker in self.photo_models.values() if maker.grows]
        if not able:
            raise ConfigError('--stream needs a network that takes frame by frame; give the weights of a Point3R by --lift')
        self.start = LiveStream(able[0], frames, self.queue)
        self.start.start()

    def open_start(self, path: str | Path) -> None:
        """Read, and encode if there is a model, what every page begins with."""
        self.start = self._open(Path(path))

    def begin(self) -> View | None:
        """For a new page: its own session about the common scene."""
        return Session(self.start) if isinstance(self.start, SharedScene) else self.start

    def open_upload(self, user: int, name: str, content: bytes) -> View:
        """For one user: a scan from their machine."""
        return self._private(self.sandbox.folder(user).store(name, content))

    def open_local(self, text: str) -> View:
        """For one user: a file of the server, if the server was started with a folder of such files."""
        if self.local_files is None:
            raise DataError('this viewer opens no files of the server; it was started without --allow-local-files')
        return self._private(confined(self.local_files, text))

    def open_photos(self, tray: Tray, settings: PhotoSettings, seen: Seen) -> View:
        """For one user: the scene that their photos show; ``seen`` hears of frames of a scene that grows."""
        maker, count = self.photo_model(settings.network), tray.count()
        if maker.makes_gaussians:
            if count > MOST_SQUARES:
                raise DataError(f'{count} photos; at most {MOST_SQUARES} become gaussians together')
            return self.queue.run(lambda: gaussians_from_photos(maker.model, tray.frames(), maker.size))
        options = maker.options(settings, count, MOST_SHOWN)
        scene = maker.run(tray.frames(), count, options, self.queue, seen)
        if not settings.ask or self.inferencer is None:
            return shown_photos(scene)
        cloud = lift(scene)
        return Session(self._encoded(cloud, self.inferencer, shown_cameras(scene.views, cloud.to_model)))

    def photo_model(self, name: str) -> PhotoModel:
        """One of those that the viewer was started with."""
        if name not in self.photo_models:
            raise DataError(f'there is no network {name[:60]!r} here, but {", ".join(self.photo_models)}')
        return self.photo_models[name]

    def close(self) -> None:
        """Stop work and remove all uploads."""
        self.queue.close()
        self.sandbox.close()

    def _private(self, path: Path) -> View:
        opened = self._open(path)
        return Session(opened) if isinstance(opened, SharedScene) else opened

    def _open(self, path: Path) -> SharedScene | Shown:
        if self.inferencer is None or (path.is_dir() and (path / 'summary.json').is_file()):
            return read_shown(path, self.options)
        if (path.is_dir() and (path / 'report.json').is_file()) or holds_gaussians(scan_file(path)):
            return read_shown(path, self.options)
        return self._encoded(open_cloud(scan_file(path), self.options), self.inferencer)

    def _encoded(self, cloud: OwnCloud, inferencer: SceneInferencer, cameras: Sequence[ShownCamera] = ()) -> SharedScene:
        if len(cloud) > self.sandbox.limits.points:
            raise DataError(f'the scan has {len(cloud):,} points; this viewer takes {self.sandbox.limits.points:,}')
        opened = self.queue.run(lambda: inferencer.open(cloud))
        return SharedScene(opened, inferencer.classes, inferencer.make_sample.classes, self.queue, cameras=cameras)
