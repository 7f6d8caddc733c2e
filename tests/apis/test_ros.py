"""A message with points goes in and comes out with labels."""

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
