"""A camera that moves by itself."""

import time
from types import SimpleNamespace

import numpy as np

from uniseg3d.demo.orbit import Animation, Orbit, circled

UP, TARGET, START = np.array([0, 0, 1.0]), np.array([1.0, 2, 0]), np.array([4.0, -1, 2])


def test_it_circles_around_its_place_and_keeps_its_distance():
    arm = START - TARGET
    places = np.array([circled(START, TARGET, UP, 10, turn) for turn in np.linspace(0, 1, 41)])
    assert np.allclose(np.linalg.norm(places - TARGET, axis=1), np.linalg.norm(arm))
    away = np.degrees(np.arccos(np.clip((places - TARGET) @ arm / (arm @ arm), -1, 1)))
    assert np.allclose(away, 10, atol=0.2) and np.allclose(places[0], places[-1])
    assert np.abs(places.mean(0) - START).max() < 0.1  # a circle, not a sway to one side


def test_looking_straight_down_is_no_mistake():
    assert np.isfinite(circled(TARGET + UP, TARGET, UP, 10, 0.3)).all()


def test_it_moves_while_it_runs_and_goes_back_to_where_it_began():
    camera = SimpleNamespace(position=START, look_at=TARGET, up_direction=UP)
    animation = Animation(camera, Orbit(fps=200.0))
    animation.changed('speed')
    assert animation._thread is None  # nothing was started
    animation.orbit.running = True
    animation.changed('running')
    animation.changed('running')  # twice is once
    end = time.monotonic() + 20
    while np.allclose(camera.position, START) and time.monotonic() < end:
        time.sleep(0.01)
    assert not np.allclose(camera.position, START)
    animation.stop()
    animation._thread.join(20)
    assert np.allclose(camera.position, START) and np.allclose(camera.look_at, TARGET)
