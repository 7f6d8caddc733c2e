"""Where each view data set keeps its files, and how training sequences are drawn from it.

All depths become metres (or the unit of the data set, where that is no metre) and all poses camera-to-world with OpenCV axes;
intrinsics are pixels of the stored image, whole numbers pixel centres. ``docs/reconstruction.md`` says how to prepare each.
"""

from uniseg3d.datasets.sequence_sampler import SequenceRule
from uniseg3d.datasets.views.benchmark_layouts import BENCHMARKS
from uniseg3d.datasets.views.co3d import co3d_depth, co3d_mask, co3d_names, co3d_scenes
from uniseg3d.datasets.views.covisible import GroupsAcrossSensors, GroupsInTime, ListedSets, OverlapWalk
from uniseg3d.datasets.views.files import (
    MILLIMETRES,
    SceneList,
    exr_map,
    float_map,
    folders,
    images,
    listed,
    npz_cameras,
    parted_cameras,
    scaled_map,
    table_cameras,
    table_names,
    text_cameras,
)
from uniseg3d.datasets.views.layout import Layout
from uniseg3d.datasets.views.pixel_labels import coded_labels, listed_labels
from uniseg3d.datasets.views.selection import (
    megadepth_scenes,
    odyssey_scenes,
    omni_scale,
    training_worlds,
    waymo_camera,
    waymo_names,
    without_highres,
)
from uniseg3d.utils.errors import ConfigError


def _folders_of_three(scenes: SceneList, color: str, rule: SequenceRule, **other: object) -> Layout:
    """The layout of several data sets: ``rgb``, ``depth`` and ``cam`` folders with one file per frame."""
    return Layout(
        scenes, images(f'rgb/{{}}.{color}'), f'rgb/{{}}.{color}', 'depth/{}.npy', float_map, npz_cameras('cam/{}.npz'),
        rule=rule, **other,  # type: ignore[arg-type]
    )  # fmt: skip


def _pairs_tree(color: str) -> Layout:
    """What SIU3R prepares of ScanNet, Replica and ScanNet++: one camera per scene, class and object in one picture."""
    return Layout(
        folders('{split}/*'), images(f'color/{{}}.{color}'), f'color/{{}}.{color}', 'depth/{}.png', MILLIMETRES,
        text_cameras('extrinsic/{}.txt', 'intrinsic.txt'), labels=coded_labels('panoptic/{}.png', 'scannet20'),
    )  # fmt: skip


LAYOUTS: dict[str, Layout] = {
    'rooms': Layout(
        listed('meta_data/scannetv2_{split}.txt', 'frames'), images('color/{}.jpg'), 'color/{}.jpg', 'depth/{}.png',
        MILLIMETRES, text_cameras('pose/{}.txt', 'intrinsic/intrinsic_depth.txt'), rule=SequenceRule(4, video=0.6),
        labels=coded_labels('panoptic/{}.png', 'scannet20'), above='frames/',
    ),
    'scannet': Layout(
        folders('scans_{split}/scene*'), images('color/{}.jpg'), 'color/{}.jpg', 'depth/{}.png', MILLIMETRES,
        npz_cameras('cam/{}.npz'), rule=SequenceRule(30, video=0.6, fixed_interval=0.6, block=16),
    ),
    'scannet_frames': Layout(
        listed('meta_data/scannetv2_{split}.txt', 'frames'), images('color/{}.jpg'), 'color/{}.jpg', 'depth/{}.png',
        MILLIMETRES, text_cameras('pose/{}.txt', 'intrinsic/intrinsic_color.txt'),
        rule=SequenceRule(30, video=0.6, fixed_interval=0.6, block=16), above='frames/',
    ),
    'scannetpp': Layout(
        folders('*'), table_names('new_scene_metadata.npz'), 'images/{}.jpg', 'depth/{}.png', MILLIMETRES,
        table_cameras('new_scene_metadata.npz'), rule=SequenceRule(3, video=0.8, block=16), repeat=10,
        covisible=GroupsAcrossSensors('new_scene_metadata.npz'),
    ),
    'scannetpp_panoptic': Layout(
        folders('*'), table_names('scene_metadata.npz'), 'images/{}.jpg', 'depth/{}.png', MILLIMETRES,
        table_cameras('scene_metadata.npz'), labels=listed_labels('panoptic/{}.png', 'scene_metadata.npz'),
    ),
    'arkitscenes': Layout(
        without_highres, table_names('new_scene_metadata.npz'), 'vga_wide/{}.jpg', 'lowres_depth/{}.png', MILLIMETRES,
        table_cameras('new_scene_metadata.npz'), rule=SequenceRule(8, video=0.8, block=16),
        covisible=GroupsInTime('new_scene_metadata.npz'),
    ),
    'arkitscenes_highres': Layout(
        folders('{split}/*'), table_names('scene_metadata.npz'), 'vga_wide/{}.jpg', 'highres_depth/{}.png', MILLIMETRES,
        table_cameras('scene_metadata.npz'), rule=SequenceRule(8, block=16),
    ),
    'co3d': Layout(
        co3d_scenes, co3d_names('frame{:06d}'), 'images/{}.jpg', 'depths/{}.jpg.geometric.png', co3d_depth,
        npz_cameras('images/{}.npz', 'camera_pose', 'camera_intrinsics'), metric=False,
        mask=co3d_mask('masks/{}.png'), reverse=True,
    ),
    'wildrgbd': Layout(
        co3d_scenes, co3d_names('{:05d}'), 'rgb/{}.jpg', 'depth/{}.png', MILLIMETRES,
        npz_cameras('metadata/{}.npz', 'camera_pose', 'camera_intrinsics'), mask=co3d_mask('masks/{}.png'), reverse=True,
    ),
    'hypersim': Layout(
        folders('*/*'), images('{}rgb.png'), '{}rgb.png', '{}depth.npy', float_map, npz_cameras('{}cam.npz'),
        rule=SequenceRule(4, block=16), repeat=10,
    ),
    'blendedmvs': Layout(
        folders('*'), images('{}.jpg'), '{}.jpg', '{}.exr', exr_map, parted_cameras('{}.npz', 'R_cam2world', 't_cam2world'),
        metric=False, rule=SequenceRule(video=0.0), covisible=OverlapWalk('new_overlap.h5'),
    ),
    'megadepth': Layout(
        megadepth_scenes('*/*'), images('{}.jpg'), '{}.jpg', '{}.exr', exr_map, npz_cameras('{}.npz', 'cam2world'),
        metric=False, rule=SequenceRule(10000, video=0.0), covisible=ListedSets('megadepth_sets_64.npz'),
    ),
    'waymo': Layout(
        folders('*'), waymo_names, '{}.jpg', '{}.exr', exr_map, npz_cameras('{}.npz', 'cam2world'),
        rule=SequenceRule(8, video=0.9, fixed_interval=0.9, block=16), track=waymo_camera,
        track_rules={'4': SequenceRule(4, video=0.9, fixed_interval=0.9, block=16)},
    ),
    'vkitti2': Layout(
        training_worlds('*/*/Camera_?'), images('{}_rgb.jpg'), '{}_rgb.jpg', '{}_depth.png', scaled_map(0.01, sky=655.0),
        npz_cameras('{}_cam.npz', 'camera_pose', 'camera_intrinsics'), rule=SequenceRule(5, video=1.0, fixed_interval=0.9),
    ),
    'omniobject3d': _folders_of_three(
        folders('*'), 'png', SequenceRule(100, video=0.0), metric=False, unit=omni_scale
    ),
    'spring': _folders_of_three(folders('*'), 'png', SequenceRule(16, video=1.0, fixed_interval=1.0)),
    'mvs_synth': _folders_of_three(
        folders('*'), 'jpg', SequenceRule(4, video=1.0, fixed_interval=1.0), metric=False, largest_depth=1000.0,
        cut_quantile=0.98,
    ),
    'pointodyssey': _folders_of_three(
        odyssey_scenes, 'jpg', SequenceRule(4, video=1.0, fixed_interval=1.0), largest_depth=1000.0
    ),
    'siu3r': _pairs_tree('jpg'),
    'siu3r_scannetpp': _pairs_tree('png'),
    **BENCHMARKS,
}  # fmt: skip


def layout(name: str) -> Layout:
    """The layout of a data set."""
    if name not in LAYOUTS:
        raise ConfigError(f'no layout is called {name!r}; expected one of {", ".join(LAYOUTS)}')
    return LAYOUTS[name]
