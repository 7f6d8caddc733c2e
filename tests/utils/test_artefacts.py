"""Downloads arrive whole or not at all, and say what to do without a network."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from uniseg3d.utils.artefacts import Artefact, artefacts, fetch, find_artefact, listing
from uniseg3d.utils.errors import ConfigError, DataError

CONTENT = bytes(range(256)) * 40
SHA = 'sha256:' + hashlib.sha256(CONTENT).hexdigest()


class Server(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == '/absent':
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header('Content-Length', str(len(CONTENT) + (100 if self.path == '/broken' else 0)))
        self.end_headers()
        self.wfile.write(CONTENT)

    def log_message(self, *args):
        pass


@pytest.fixture(scope='module')
def address():
    server = HTTPServer(('127.0.0.1', 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f'http://127.0.0.1:{server.server_port}'
    server.shutdown()


def artefact(url: str = '', digest: str = '') -> Artefact:
    return Artefact('thing', 'thing.pth', 'work_dirs/ckpts', 'a thing', 'its README', url, digest)


@pytest.mark.parametrize('digest', ['', SHA, 'md5:' + hashlib.md5(CONTENT).hexdigest()])
def test_a_file_arrives_and_is_kept(tmp_path, address, digest):
    path = fetch(artefact(f'{address}/file', digest), tmp_path)
    assert path == tmp_path / 'work_dirs' / 'ckpts' / 'thing.pth'
    assert path.read_bytes() == CONTENT
    assert fetch(artefact('http://127.0.0.1:1/never', digest), tmp_path) == path  # not asked for again


def test_a_wrong_digest_leaves_nothing(tmp_path, address):
    with pytest.raises(DataError, match=rf'thing\.pth: sha256 is {SHA[7:]}, published is 00; remove the file and get it again'):
        fetch(artefact(f'{address}/file', 'sha256:00'), tmp_path)
    assert not list((tmp_path / 'work_dirs' / 'ckpts').iterdir())


def test_a_damaged_copy_is_found(tmp_path):
    path = artefact().path(tmp_path)
    path.parent.mkdir(parents=True)
    path.write_bytes(b'half')
    with pytest.raises(DataError, match='remove the file'):
        fetch(artefact(digest=SHA), tmp_path)


@pytest.mark.parametrize(('place', 'reason'), [('/broken', 'broke off after 10240 of 10340'), ('/absent', 'cannot be reached')])
def test_half_a_download_leaves_nothing(tmp_path, address, place, reason):
    with pytest.raises(DataError, match=reason):
        fetch(artefact(f'{address}{place}'), tmp_path)
    assert not list((tmp_path / 'work_dirs' / 'ckpts').iterdir())


def test_without_a_network_the_place_is_named(tmp_path):
    with pytest.raises(DataError, match=r'cannot be reached \(.+\); without a network, .* put it at .*thing\.pth'):
        fetch(artefact('http://127.0.0.1:1/file'), tmp_path)


def test_without_an_address_the_source_is_named(tmp_path):
    with pytest.raises(DataError, match=r'no fixed address; get it by hand \(its README\) and put it at .*thing\.pth'):
        fetch(artefact(), tmp_path)


def test_the_table_is_sound():
    assert {'uniseg3d', 'dust3r', 'mast3r', 'must3r', 'panst3r', 'point3r', 'siu3r'} <= artefacts().keys()
    for name, entry in artefacts().items():
        kind, _, digest = entry.digest.partition(':')
        assert entry.name == name
        assert not entry.url or entry.url.startswith('https://')
        assert len(digest) == {'': 0, 'md5': 32, 'sha256': 64}[kind]
        assert entry.source
    assert len({entry.path() for entry in artefacts().values()}) == len(artefacts())


def test_names(tmp_path):
    with pytest.raises(ConfigError, match='no artefact is called dusst3r; there are dust3r'):
        find_artefact('dusst3r')
    artefacts()['uniseg3d'].path(tmp_path).parent.mkdir(parents=True)
    artefacts()['uniseg3d'].path(tmp_path).write_bytes(b'x')
    lines = {line.split()[0]: line for line in listing(tmp_path).splitlines()}
    assert ' here ' in lines['uniseg3d']
    assert ' by hand ' in lines['panst3r']
