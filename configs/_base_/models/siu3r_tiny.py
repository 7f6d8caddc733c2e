# SIU3R small enough to learn the rooms on a CPU: the five blocks of 96 channels of dust3r_tiny.py, which it may start from, in
# place of 36. Cameras are known, so gaussians lie on the rays of their pixels, and each starts with the colour of its pixel; all
# that is left to learn is how far away they are, how large, and where the second camera stands. Depths of the frames teach
# that, too. Convolutions stand for the ViT adapter and for deformable attention, which take most of the time at this size; cells
# say their classes before queries have learned masks, and some of them ask for theirs.
centres = dict(type='RayCentreHead', dim=96, patch=8)
gaussians = dict(
    type='GaussianHead', trunk=dict(type='PatchTrunk', widths=(96, 96), patch=8, dim=16), degree=0, own_colors=True
)
maps = (32, 64, 128, 128)  # channels at 1/2, 1/4, 1/8 and 1/16 of the resolution
model = dict(
    type='SIU3R',
    encoder=dict(type='CameraViT', patch_embed=dict(type='ConvPatchEmbed', dim=96, patch=8), depth=2, heads=4, mlp_ratio=2.0),
    decoder=dict(type='PairwiseDecoder', in_dim=96, dim=96, depth=3, heads=4, mlp_ratio=2.0, seek_alike=1.5),
    centre_heads=[centres, centres],
    placing=dict(type='MatchedPose', dims=(96, 96)),
    gaussian_heads=[gaussians, gaussians],
    gaussian_adapter=dict(type='GaussianAdapter', unit=0.04),
    image_adapter=dict(type='ConvAdapter', dim=96, widths=maps, patch=8, norm='group'),
    mask_decoder=dict(
        type='VideoMaskDecoder',
        pixel_decoder=dict(type='ConvPixelDecoder', widths=maps, dim=64, norm='group'),
        dim=64,
        queries=16,
        classes=20,
        heads=4,
        hidden=128,
        layers=2,
        seeds=True,
        pixel_classes=True,
    ),
    criterion=dict(
        type='GaussianViewsCriterion',
        segments=dict(
            type='ViewPanopticCriterion',
            classes=2.0,
            entropy=5.0,
            dice=5.0,
            points=256,
            oversample=3.0,
            importance=0.75,
            no_object=True,
        ),
        color=10.0,
        masks=0.3,
        smoothness=0.0,
        draw_seen=False,
        points=1.0,
    ),
    seen=2,
    segments=dict(kind='panoptic', threshold=0.2, least_share=0.3),  # a network that has seen little is seldom sure
)
