# SIU3R with the sizes of the released weights, for images of 256 x 256 pixels: 655 million parameters, 352 million of which
# learn. Fields that follow the original where ours would be another choice: unit_images, sum_views, shared_points,
# unassigned_is_segment, symmetric_cameras.
widths = (1024, 768, 768, 768)  # of the image features and of the decoder's layers 6, 9 and 12
hooks = (0, 6, 9, 12)
centres = dict(type='CentreHead', dpt=dict(type='DPT', widths=widths, hooks=hooks, out_channels=3))
gaussians = dict(type='GaussianHead', trunk=dict(type='DPTTrunk', widths=widths, hooks=hooks), degree=4)
model = dict(
    type='SIU3R',
    encoder=dict(type='CameraViT', patch_embed=dict(type='PatchEmbed', dim=1024), depth=24, heads=16, freeze=True),
    decoder=dict(type='PairwiseDecoder', in_dim=1024, dim=768, depth=12, heads=12),
    centre_heads=[centres, centres],
    gaussian_heads=[gaussians, gaussians],
    gaussian_adapter=dict(type='GaussianAdapter'),
    image_adapter=dict(type='ViTAdapter', dim=1024, layers=(5, 11, 17, 23), heads=16),
    mask_decoder=dict(
        type='VideoMaskDecoder', pixel_decoder=dict(type='PixelDecoder', in_channels=1024), queries=100, classes=20, layers=9
    ),
    criterion=dict(
        type='GaussianViewsCriterion',
        segments=dict(
            type='ViewPanopticCriterion',
            classes=2.0,
            entropy=5.0,
            dice=5.0,
            class_cost=1.0,
            points=12544,
            oversample=3.0,
            importance=0.75,
            no_object=True,
            shared_points=True,
            sum_views=True,
        ),
        unassigned_is_segment=True,
        symmetric_cameras=True,
    ),
    seen=2,
    unit_images=True,
    segments=dict(kind='panoptic', stuff=(0, 1)),
)
