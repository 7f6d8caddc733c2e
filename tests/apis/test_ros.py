"""A message with points goes in and comes out with labels."""

import re
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import ros_messages
from untrained_inferencer import boxes, inferencer

from uniseg3d.apis import label_message


def labels_of(message, name):
    field = next(field for field in message.fields if field.name == name)
    rows = np.frombuffer(bytes(message.data), np.uint8).reshape(message.width * message.height, message.point_step)
    return rows[:, field.offset : field.offset + 4].copy().view('<i4')[:, 0]


def test_every_point_gets_its_labels_and_lost_ones_none(tmp_path):
    raw, ask = boxes(count=1200), inferencer(tmp_path)
    raw.xyz[7] = np.nan
    answer = label_message(ask, ros_messages.message(raw.xyz, raw.colors, height=3), [tuple(raw.xyz[20])], ['a box'], ['crate'])
    names = [field.name for field in answer.fields][4:]
    assert names == ['semantic', 'segment', 'clicks', 'texts', 'named'] and (answer.height, answer.width) == (3, 400)
    raw.metric_z_up = True
    expected = ask(raw)
    kept = np.arange(1200) != 7
    assert np.array_equal(labels_of(answer, 'semantic')[kept], expected.per_point(expected.semantic).numpy())
    assert all(labels_of(answer, name)[7] == -1 for name in names)
    assert set(labels_of(answer, 'clicks')) <= {-1, 0}


def test_the_node_of_the_page_sends_what_it_receives_with_labels(monkeypatch):
    sent, page = [], (Path(__file__).parents[2] / 'docs' / 'ros2.md').read_text(encoding='utf-8')

    class Node:
        """The part of rclpy's that the page uses."""

        def __init__(self, name):
            self.name, self.callbacks = name, {}

        def create_publisher(self, kind, topic, depth):
            return SimpleNamespace(publish=lambda message: sent.append((topic, message)))

        def create_subscription(self, kind, topic, callback, depth):
            self.callbacks[topic] = callback

    for name, content in (
        ('rclpy', {}),
        ('rclpy.node', {'Node': Node}),
        ('sensor_msgs', {}),
        ('sensor_msgs.msg', {'PointCloud2': ros_messages.PointCloud2}),
    ):
        module = ModuleType(name)
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, name, module)
    names = {'__name__': 'page'}
    exec(re.search(r'```python\n(.*?)```', page, re.S)[1], names)
    raw = boxes(count=800)
    names['Labeller']().callbacks['points'](ros_messages.message(raw.xyz, raw.colors))
    ((topic, message),) = sent
    assert topic == 'points_labelled' and [field.name for field in message.fields][4:] == ['semantic', 'segment', 'texts']
