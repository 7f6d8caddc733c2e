# Point3R's fourteen data sets in the layouts of docs/reconstruction.md, each below data/views. A delta states how many
# samples an epoch takes of each (train_dataloader.dataset.counts) and how many views a sequence has.
_base_ = './views.py'

data_root = 'data/views'
resolutions = [
    *((512, 384), (512, 336), (512, 288), (512, 256), (512, 208), (512, 144)),
    *((384, 512), (336, 512), (288, 512), (256, 512)),
]

train_pipeline = [dict(type='CropViews', extra=16), dict(type='JitterViews'), dict(type='PackViews')]
test_pipeline = [dict(type='CropViews'), dict(type='PackViews')]

train_dataloader = dict(
    batch_size=3,
    num_workers=24,
    drop_last=True,
    sampler=dict(batch_size=3, views=5),
    dataset=dict(
        type='ViewMixture',
        data_root=data_root,
        common=dict(pipeline=train_pipeline, resolutions=resolutions, views=5),
        parts=[
            dict(layout='co3d', mask_objects=0.1),
            dict(layout='wildrgbd', mask_objects=0.1),
            dict(layout='arkitscenes', split='Training'),
            dict(layout='arkitscenes_highres', split='Training'),
            dict(layout='scannetpp'),
            dict(layout='scannet'),
            dict(layout='hypersim'),
            dict(layout='blendedmvs'),
            dict(layout='megadepth'),
            dict(layout='waymo'),
            dict(layout='vkitti2'),
            dict(layout='omniobject3d'),
            dict(layout='spring'),
            dict(layout='mvs_synth'),
            dict(layout='pointodyssey'),
        ],
    ),
)
# measured on walks through the procedural rooms, which need no download; a delta may name a benchmark instead
rooms = dict(
    data_root='data/walks', layout='rooms', resolutions=resolutions[:1], pipeline=test_pipeline, views=10, start_every=6
)
val_dataloader = dict(dataset=dict(**rooms, rule=dict(max_interval=2, video=1.0, fixed_interval=1.0)))
test_dataloader = val_dataloader
