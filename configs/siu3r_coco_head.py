# Adapter and mask decoder of SIU3R on COCO's photos with panoptic labels, before anything is reconstructed; the encoder stays as
# DUSt3R left it. The original had such a pre-training of 60 epochs, but published its file alone: cut-outs, rates and batch size
# are ours. data/coco is COCO as it is unpacked: train2017/ and annotations/panoptic_train2017{/,.json}, the same of val2017.
#   bash tools/dist_train.sh configs/siu3r_coco_head.py 8
#   bash tools/dist_train.sh configs/siu3r_pair_scannet.py 8 --cfg-options model.mask_weights=work_dirs/siu3r_coco_head/epoch_60.pth
_base_ = ['./_base_/datasets/views.py', './_base_/schedules/warmup_cosine_epochs.py', './_base_/runtime/default.py']

model = dict(
    type='SIU3RHead',
    encoder=dict(type='CameraViT', patch_embed=dict(type='PatchEmbed', dim=1024), depth=24, heads=16),
    image_adapter=dict(type='ViTAdapter', dim=1024, layers=(5, 11, 17, 23), heads=16),
    mask_decoder=dict(
        type='VideoMaskDecoder', pixel_decoder=dict(type='PixelDecoder', in_channels=1024), queries=100, classes=133, layers=9
    ),
    segments=dict(
        type='ViewPanopticCriterion',
        classes=2.0,
        entropy=5.0,
        dice=5.0,
        points=12544,
        oversample=3.0,
        importance=0.75,
        no_object=True,
    ),
    unit_images=True,
    classes='coco133',
    geometry_weights='work_dirs/pretrained/DUSt3R_ViTLarge_BaseDecoder_512_dpt.pth',
)

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

train_cfg = dict(max_epochs=60)
val_evaluator = [dict(type='PhotoPanopticMetric', classes='coco133')]
test_evaluator = val_evaluator
