# Point3R: camera poses on TUM-dynamics, 90 frames of each sequence.
_base_ = './point3r_poses_sintel.py'

test_dataloader = dict(dataset=dict(data_root='data/views/tum', layout='tum'))
