"""ROS 2 messages: structures with the fields of sensor_msgs/PointCloud2, in every order and padding that drivers send."""

from dataclasses import replace

import numpy as np
import pytest
from ros_messages import PointCloud2, PointField, message, points

from uniseg3d.io.ros import read_point_cloud2, with_labels
from uniseg3d.utils.errors import DataError, FileFormatError


@pytest.mark.parametrize('changes', [{}, {'height': 3, 'padding': 20}, {'order': '>'}, {'step': 20, 'height': 4, 'padding': 1}])
def test_points_and_colours_are_read_whatever_pads_them(changes):
    xyz, colors = points()
    xyz[3] = np.nan
    cloud = read_point_cloud2(message(xyz, colors, **changes))
    np.testing.assert_array_equal(cloud.xyz, xyz)
    np.testing.assert_array_equal(cloud.colors, colors)
    assert cloud.metric_z_up and cloud.normals is None and cloud.xyz.dtype.isnative


@pytest.mark.parametrize('changes', [{}, {'height': 3, 'padding': 20}, {'order': '>'}])
def test_labels_are_fields_behind_the_points_and_all_else_stays(changes):
    xyz, colors = points()
    sent = message(xyz, colors, **changes)
    labels = {'semantic': np.arange(12), 'segment': np.full(12, -1)}
    got = with_labels(sent, labels)
    assert type(got) is PointCloud2 and (got.header, got.height, got.width) == (sent.header, sent.height, sent.width)
    assert [f.name for f in got.fields] == ['x', 'y', 'z', 'rgb', 'semantic', 'segment'] and got.point_step == 40
    assert len(got.data) == 12 * 40 and got.row_step == got.width * 40
    again = read_point_cloud2(got)
    np.testing.assert_array_equal(again.xyz, xyz)
    np.testing.assert_array_equal(again.colors, colors)
    order = '>' if got.is_bigendian else '<'
    rows = np.frombuffer(bytes(got.data), np.uint8).reshape(12, 40)
    for (name, values), place in zip(labels.items(), (32, 36), strict=True):
        np.testing.assert_array_equal(rows[:, place : place + 4].copy().view(f'{order}i4')[:, 0], values, err_msg=name)


def test_what_is_no_cloud_is_said():
    xyz, colors = points()
    good = message(xyz, colors)
    for wrong, sentence in (
        (replace(good, width=0), 'holds no points'),
        (replace(good, data=bytes(good.data)[:-1]), 'but has 383 bytes'),
        (replace(good, fields=[PointField('x', 30, 7, 1)]), 'reach beyond'),
        (replace(good, fields=[PointField('x', 0, 99, 1)]), 'unknown datatype 99'),
    ):
        with pytest.raises(DataError, match=sentence):
            read_point_cloud2(wrong)
    with pytest.raises(FileFormatError, match='needs the fields x, y and z; it has x'):
        read_point_cloud2(replace(good, fields=good.fields[:1]))
    with pytest.raises(DataError, match='12 points'):
        with_labels(good, {'semantic': np.zeros(3)})
    with pytest.raises(DataError, match='already'):
        with_labels(good, {'x': np.zeros(12)})
