"""Where the data sets that networks are measured on keep their files."""

from uniseg3d.datasets.views.benchmarks import FAR, nrgbd_camera, seven_scenes_camera, seven_scenes_sequences
from uniseg3d.datasets.views.depth_benchmarks import (
    SINTEL,
    at_same_place,
    folders_with,
    listed_poses,
    sintel_camera,
    sintel_depth,
    sintel_depth_of,
    sintel_scenes,
)
from uniseg3d.datasets.views.files import MILLIMETRES, float_map, folders, images, scaled_map
from uniseg3d.datasets.views.layout import Layout

BENCHMARKS: dict[str, Layout] = {
    '7scenes': Layout(
        seven_scenes_sequences, images('{}.color.png'), '{}.color.png', '{}.depth.proj.png', MILLIMETRES, seven_scenes_camera,
        largest_depth=FAR,
    ),
    'nrgbd': Layout(
        folders('*'), images('images/img{}.png'), 'images/img{}.png', 'depth/depth{}.png', MILLIMETRES, nrgbd_camera,
        largest_depth=FAR,
    ),
    'sintel': Layout(
        sintel_scenes, images('{}.png'), '{}.png', sintel_depth_of, sintel_depth, sintel_camera, metric=False, above=SINTEL
    ),
    'bonn': Layout(
        folders('rgbd_bonn_*'), images('rgb_110/{}.png'), 'rgb_110/{}.png',
        at_same_place('rgb_110/{}.png', 'depth_110/{}.png'), scaled_map(1 / 5000), None,
    ),
    'kitti': Layout(
        folders('image_gathered/*'), images('{}.png'), '{}.png',
        at_same_place('{}.png', '{}.png', lambda folder: folder.parents[1] / 'groundtruth_depth_gathered' / folder.name),
        scaled_map(1 / 256), None, above='image_gathered/',
    ),
    'nyu': Layout(
        folders('nyu_images'), images('{}.png'), '{}.png',
        at_same_place('{}.png', '{}.npy', lambda folder: folder.with_name('nyu_depths')), float_map, None,
    ),
    'tum': Layout(
        folders_with('*', ('rgb_90', 'groundtruth_90.txt')), images('rgb_90/{}.png'), 'rgb_90/{}.png', None, None,
        listed_poses('rgb_90/{}.png', 'groundtruth_90.txt'),
    ),
    'scannet_90': Layout(
        folders_with('*', ('color_90', 'pose_90.txt')), images('color_90/{}.jpg'), 'color_90/{}.jpg', None, None,
        listed_poses('color_90/{}.jpg', 'pose_90.txt'),
    ),
}  # fmt: skip
