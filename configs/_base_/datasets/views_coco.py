# COCO's photos with panoptic labels, each a view of its own. data/coco is COCO as it is unpacked: train2017/ and
# annotations/panoptic_train2017{,/.json}, the same of val2017.
_base_ = './views.py'

photos = dict(_delete_=True, type='PseudoViewDataset', data_root='data/coco', views=1, resolutions=[(256, 256)], turn=0.0)
train_dataloader = dict(
    num_workers=8,
    sampler=dict(views=1),
    dataset=dict(
        annotations='annotations/panoptic_train2017.json',
        images='train2017',
        panoptic='annotations/panoptic_train2017',
        pipeline=[dict(type='MirrorViews'), dict(type='JitterViews', hue=0.05), dict(type='PackViews')],
        **photos,
    ),
)
val_dataloader = dict(
    dataset=dict(
        annotations='annotations/panoptic_val2017.json',
        images='val2017',
        panoptic='annotations/panoptic_val2017',
        scales=(1.0, 1.0),
        pipeline=[dict(type='PackViews')],
        **photos,
    ),
)
test_dataloader = val_dataloader
