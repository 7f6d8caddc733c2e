# Point3R: points against the surfaces of 7-Scenes, every 200th frame of the test sequences.
_base_ = './point3r_video_sintel.py'

frames = dict(
    data_root='data/views/7scenes', layout='7scenes', split='test', whole_scenes=200,
    pipeline=[dict(type='CropViews'), dict(type='PackViews')],
)  # fmt: skip
test_dataloader = dict(dataset=frames)
test_evaluator = dict(_delete_=True, type='ReconstructionMetric')
