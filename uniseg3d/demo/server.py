"""The web server around the pages."""

import socket
import threading
from typing import Any

from uniseg3d.demo.host import Host
from uniseg3d.demo.page import Page
from uniseg3d.engine.resume import announce
from uniseg3d.utils.errors import ConfigError
from uniseg3d.utils.optional import import_optional

LOOPBACK = '127.0.0.1'
MOST_USERS = 50
SWEEP_EVERY = 60.0  # seconds


def check_address(name: str) -> None:
    """Refuse addresses that are not of this machine, before a server waits there for ever."""
    try:
        socket.create_server((name, 0)).close()
    except OSError as error:
        raise ConfigError(
            f'cannot listen on {name!r} ({error.strerror or error}); give an address of this machine, such as {LOOPBACK} '
            'for itself alone or 0.0.0.0 for its network'
        ) from error


class Viewer:
    """Pages for whoever connects; ``stop`` ends it and removes all uploads."""

    def __init__(self, host: Host, name: str = LOOPBACK, port: int = 8080, animated: bool = False) -> None:
        """``animated``: pages can move their camera by themselves. A port that is taken is stepped over."""
        viser = import_optional('viser', 'demo')
        self.host, self.pages, self.animated = host, dict[int, Page](), animated
        self._ended, self._lock = threading.Event(), threading.Lock()
        self._present: set[int] = set()
        self.server: Any = viser.ViserServer(host=name, port=port, label='UniSeg3D', verbose=False)
        self.server.scene.set_up_direction('+z')
        self.server.on_client_connect(self._welcome)
        self.server.on_client_disconnect(self._goodbye)
        threading.Thread(target=self._sweep, daemon=True).start()

    @property
    def address(self) -> str:
        """Where a browser finds it."""
        return f'http://{self.server.get_host()}:{self.server.get_port()}'

    def wait(self) -> None:
        """Serve until interrupted."""
        try:
            self._ended.wait()
        finally:
            self.stop()

    def stop(self) -> None:
        """End, and leave nothing behind."""
        self._ended.set()
        self.server.stop()
        self.host.close()

    def _welcome(self, client: Any) -> None:
        with self._lock:
            full = len(self._present) >= MOST_USERS
            if not full:
                self._present.add(client.client_id)
        if full:
            client.gui.add_markdown(f'{MOST_USERS} people are here already; please come again later.')
            return
        page = Page(self.host, client, self.animated)
        with self._lock:
            if client.client_id in self._present:
                self.pages[client.client_id] = page
                return
        page.close()  # whose user left while it was made

    def _goodbye(self, client: Any) -> None:
        with self._lock:
            self._present.discard(client.client_id)
            page = self.pages.pop(client.client_id, None)
        if page is not None:
            page.close()
        self.host.sandbox.drop(client.client_id)

    def _sweep(self) -> None:
        while not self._ended.wait(SWEEP_EVERY):
            removed = self.host.sandbox.sweep()
            if removed:
                announce(f'{removed} folders of uploads were removed')
