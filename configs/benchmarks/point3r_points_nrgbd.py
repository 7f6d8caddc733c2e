# Point3R: points against the surfaces of NRGBD, every 500th frame or two to four of a scene.
_base_ = './point3r_points_7scenes.py'

test_dataloader = dict(dataset=dict(data_root='data/views/nrgbd', layout='nrgbd', whole_scenes=500))
