"""A user of the viewer without a browser: speaks its protocol over a real connection, and draws nothing."""

import threading
import time

import msgspec
import viser
import zstandard
from viser import _messages as messages
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

PATIENCE = 60.0  # seconds
STRAIGHT = {
    'wxyz': (1.0, 0.0, 0.0, 0.0),
    'position': (0.0, 0.0, 0.0),
    'look_at': (0.0, 0.0, 1.0),
    'up_direction': (0.0, 0.0, 1.0),
}


class WebUser:
    """Widgets are known by their labels."""

    def __init__(self, address: str) -> None:
        protocols = [f'viser-v{viser.__version__}']
        self.socket = connect(address.replace('http', 'ws'), subprotocols=protocols, max_size=None, compression=None)
        self.widgets: dict[str, dict] = {}  # uuid -> its properties and value
        self.nodes: dict[str, dict] = {}  # name -> message of the scene
        self.downloads: dict[str, bytes] = {}
        self._news = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()
        size = {'fov': 1.0, 'near': 0.01, 'far': 100.0, 'image_height': 600, 'image_width': 800}
        self._send(messages.ViewerCameraMessage(**STRAIGHT, **size))

    def __enter__(self) -> 'WebUser':
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    @property
    def status(self) -> str:
        """The line at the top."""
        with self._news:
            texts = [widget['_markdown'] for widget in self.widgets.values() if '_markdown' in widget]
        return texts[0] if texts else ''

    def wait(self, condition) -> float:  # type: ignore[no-untyped-def]
        """Seconds until ``condition()`` holds."""
        start = time.perf_counter()
        with self._news:
            held = self._news.wait_for(condition, PATIENCE)
        assert held, f'the page says {self.status!r}'
        return time.perf_counter() - start

    def wait_for(self, text: str) -> float:
        """Seconds until the status has ``text``."""
        return self.wait(lambda: text in self.status)

    def find(self, label: str) -> str:
        """The widget of that name."""
        self.wait(lambda: any(widget.get('label') == label for widget in self.widgets.values()))
        return next(uuid for uuid, widget in self.widgets.items() if widget.get('label') == label)

    def put(self, label: str, value: object) -> None:
        """Set a widget, or press a button by ``True``."""
        self.put_widget(self.find(label), value)

    def put_widget(self, uuid: str, value: object) -> None:
        """The same for any number, also one that belongs to somebody else."""
        self._send(messages.GuiUpdateMessage(uuid, {'value': value}))

    def click(self, origin, direction, modifier=None) -> None:  # type: ignore[no-untyped-def]
        """Along a ray of the world."""
        places = tuple(map(float, origin)), tuple(map(float, direction))
        self._send(messages.ScenePointerMessage('click', *places, ((0.5, 0.5),), modifier))

    def upload(self, label: str, name: str, content: bytes) -> None:
        """One file, in one part."""
        button, transfer = self.find(label), f'{name}{time.perf_counter()}'
        self._send(messages.FileTransferStartUpload(button, transfer, name, 'application/octet-stream', 1, len(content)))
        self._send(messages.FileTransferPart(button, transfer, 0, content))

    def _send(self, message: messages.Message) -> None:
        self.socket.send(msgspec.msgpack.encode(message.as_serializable_dict()))

    def _read(self) -> None:
        try:
            for raw in self.socket:
                packed = int.from_bytes(raw[8:16], 'little')
                inner = zstandard.ZstdDecompressor().decompress(raw[16 : 16 + packed])
                with self._news:
                    for message in msgspec.msgpack.decode(inner)['messages']:
                        self._take(message)
                    self._news.notify_all()
        except ConnectionClosed:
            pass

    def _take(self, message: dict) -> None:
        if message['type'] == 'GuiUpdateMessage':
            self.widgets.setdefault(message['uuid'], {}).update(message['updates'])
        elif message['type'] == 'FileTransferPart':
            known = self.downloads.get(message['transfer_uuid'], b'')
            self.downloads[message['transfer_uuid']] = known + bytes(message['content'])
        elif 'uuid' in message and 'props' in message:
            self.widgets[message['uuid']] = {**message['props'], 'value': message.get('value')}
        elif message['type'] == 'RemoveSceneNodeMessage':
            self.nodes = {name: node for name, node in self.nodes.items() if not f'{name}/'.startswith(f'{message["name"]}/')}
        elif 'name' in message and 'props' in message:
            self.nodes[message['name']] = message
