# Point3R: camera poses on ScanNet, 90 frames of each scene.
_base_ = './point3r_poses_sintel.py'

test_dataloader = dict(dataset=dict(data_root='data/views/scannet_90', layout='scannet_90'))
