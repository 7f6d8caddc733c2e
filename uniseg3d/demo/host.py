"""What the viewer offers to everybody: the scenes it was started with, the model, and room for uploads."""

from dataclasses import dataclass, field
from pathlib import Path

from uniseg3d.apis.own_cloud import CloudOptions, open_cloud
from uniseg3d.apis.scene_inferencer import SceneInferencer
from uniseg3d.demo.model_queue import ModelQueue
from uniseg3d.demo.sandbox import Sandbox, confined
from uniseg3d.demo.session import Session
from uniseg3d.demo.shared_scene import SharedScene
from uniseg3d.demo.shown_files import Shown, holds_gaussians, read_shown, scan_file
from uniseg3d.utils.errors import DataError

View = Session | Shown  # what a page shows: a scene that can be asked, or files that can be looked at


@dataclass
class Host:
    """Opens scenes; users share the encoded ones and nothing else."""

    inferencer: SceneInferencer | None = None  # None: nothing can be asked, only looked at
    sandbox: Sandbox = field(default_factory=Sandbox)
    queue: ModelQueue = field(default_factory=ModelQueue)
    local_files: Path | None = None  # users may open what lies below; None = nothing
    options: CloudOptions = field(default_factory=CloudOptions)
    start: SharedScene | Shown | None = None  # what every new page shows

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
        return self._encoded(scan_file(path), self.inferencer)

    def _encoded(self, path: Path, inferencer: SceneInferencer) -> SharedScene:
        cloud = open_cloud(path, self.options)
        if len(cloud) > self.sandbox.limits.points:
            raise DataError(f'the scan has {len(cloud):,} points; this viewer takes {self.sandbox.limits.points:,}')
        opened = self.queue.run(lambda: inferencer.open(cloud))
        return SharedScene(opened, inferencer.classes, inferencer.make_sample.classes, self.queue)
