"""Every option of uniseg3d view works, or is refused in one sentence."""

import argparse
import socket
import threading

import pytest
import torch
from point3r_models import config as point3r_config
from shared_scenes import inferencer
from untrained_inferencer import boxes

from uniseg3d.apis.checkpoints import save_weights
from uniseg3d.apis.shipped import PHOTOS, POINTS, shipped_models
from uniseg3d.commands import view
from uniseg3d.demo.server import Viewer, check_address
from uniseg3d.io.ply import PlyMesh, write_ply
from uniseg3d.registry import MODELS
from uniseg3d.utils.errors import ConfigError


@pytest.fixture
def scan(tmp_path):
    room = boxes(count=300)
    write_ply(tmp_path / 'room.ply', PlyMesh(room.xyz, room.colors))
    return tmp_path / 'room.ply'


@pytest.fixture
def network(tmp_path):
    torch.manual_seed(0)
    described = point3r_config()
    save_weights(tmp_path / 'point3r.safetensors', MODELS.build(described).state_dict())
    (tmp_path / 'point3r.py').write_text(f'model = {described!r}\n')
    return ['--lift', str(tmp_path / 'point3r.safetensors'), '--lift-config', str(tmp_path / 'point3r.py')]


def hosted(*arguments):
    host = view.make_host(view.parse_args([*map(str, arguments)]))
    host.close()
    return host


def test_without_models_it_looks_and_listens_to_this_machine_alone(scan, tmp_path):
    limits = ['--upload-mib', 2, '--keep-minutes', 0.5, '--allow-local-files', tmp_path]
    host = hosted(scan, '--no-model', '--tmp-dir', tmp_path, *limits)
    assert len(host.start.xyz) == 300 and host.inferencer is None and not host.photo_models and not host.about
    assert host.sandbox.limits.file_mib == 2 and host.sandbox.limits.seconds == 30 and host.local_files == tmp_path
    assert host.sandbox.root.parent == tmp_path and not host.sandbox.root.exists()
    assert view.parse_args([]).server_name == '127.0.0.1' and hosted('--no-model').local_files is None


def test_networks_for_photos_get_their_size_precision_and_device(network):
    host = hosted('--no-model', *network, '--image-size', 48, '--amp', 'bf16', '--device', 'cpu', *network)
    assert list(host.photo_models) == ['Point3R', 'Point3R 2']
    for maker in host.photo_models.values():
        assert (maker.size, maker.precision) == (48, 'bfloat16') and maker.grows
        assert next(maker.model.parameters()).device.type == 'cpu'


def test_a_stream_begins_with_the_viewer(network, tmp_path):
    (tmp_path / 'incoming').mkdir()
    (tmp_path / 'incoming' / 'END').touch()
    host = hosted('--no-model', *network, '--stream', tmp_path / 'incoming', '--image-size', 48)
    assert host.start.queue is host.queue and host.start.growing.keep.options.size == 48


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--allow-local-files', '/none'], '--allow-local-files /none is no folder'),
        (['--tmp-dir', '/none'], '--tmp-dir /none is no folder'),
        (['--lift', 'x', '--stream', '/none'], '--stream /none is no folder'),
        (['none.ply'], 'none.ply does not exist'),
        (['--server-port', '8001', '--viser-port', '8002'], 'give one port, not 8001 and 8002'),
        (['--no-model', '--amp', 'fp16'], 'name the weights of one by --lift'),
        (['--no-model', '--stream', '.'], 'name the weights of one by --lift'),
        (['--no-model', '--weights', 'x'], '--no-model loads nothing that answers'),
        (['.', '--lift', 'x', '--stream', '.'], 'give one of them'),
        (['--server-name', '203.0.113.9'], "cannot listen on '203.0.113.9'"),
        (['--server-name', 'no such host'], "cannot listen on 'no such host'"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_loaded(arguments, message):
    with pytest.raises(ConfigError, match=message):
        view.make_host(view.parse_args(arguments))


@pytest.mark.parametrize(
    'arguments',
    [
        ['--server-port', '0'], ['--server-port', '70000'], ['--viser-port', 'x'], ['--image-size', '0'], ['--amp', 'int8'],
        ['--device', 'toaster'], ['--upload-mib', '-1'], ['--keep-minutes', 'nan'], ['--lift-config', 'x'], ['--unit', 'ell'],
    ],
)  # fmt: skip
def test_values_that_make_no_sense_are_refused_with_the_name_of_their_option(arguments, capsys):
    with pytest.raises(SystemExit):
        view.parse_args(arguments)
    assert f'{arguments[0]}' in capsys.readouterr().err


def test_both_names_of_the_port_mean_the_same():
    for option in ('--server-port', '--viser-port'):
        args = view.parse_args([option, '8123'])
        view.check_args(args)
        assert (args.server_port or args.viser_port) == 8123
    with pytest.raises(argparse.ArgumentTypeError):
        view.port_number('65536')


def test_addresses_of_this_machine_are_taken():
    check_address('127.0.0.1')
    check_address('0.0.0.0')


@pytest.mark.parametrize('quiet', [False, True])
def test_it_says_where_it_is_and_with_quiet_nothing_else(scan, tmp_path, capsys, monkeypatch, quiet):
    opened = []
    monkeypatch.setattr(Viewer, 'wait', lambda self: (opened.append(self), self.stop()))
    with socket.create_server(('127.0.0.1', 0)) as taken:
        port = taken.getsockname()[1]
        view.main([str(scan), '--no-model', '--server-port', str(port), '--camera-animation', *(['--quiet'] if quiet else [])])
    said = capsys.readouterr().out
    assert opened[0].animated and opened[0].address in said and f':{port} ' not in said.splitlines()[0]
    assert (len(said.strip().splitlines()) == 1) == quiet


def test_weights_bring_clicks_and_sentences(scan, tmp_path):
    inferencer(tmp_path)  # writes weights
    host = hosted(scan, '--config', 'uniseg3d_1xb4_rooms_open', '--weights', tmp_path / 'random.safetensors', '--device', 'cpu')
    assert host.start.prediction.instances is not None and threading.active_count() < 50
    assert [line.split(',')[0] for line in host.about] == [PHOTOS], 'nothing is known about weights of your own'


@pytest.mark.parametrize('arguments', [[], ['--weights', POINTS, '--lift', PHOTOS]])
def test_shipped_models_answer_if_nothing_else_is_named_and_say_what_they_are(scan, arguments):
    host = hosted(scan, '--device', 'cpu', *arguments)
    (maker,) = host.photo_models.values()
    assert maker.size == shipped_models()[PHOTOS].size and maker.grows and host.start.prediction.semantic is not None
    assert [line.split(',')[0] for line in host.about] == [POINTS, PHOTOS]
    assert all('demonstration' in line for line in host.about)
