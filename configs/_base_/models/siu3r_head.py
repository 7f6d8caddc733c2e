# Adapter and mask decoder of SIU3R on single photos; the encoder stays as DUSt3R left it.
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
