# SIU3R small enough to learn the rooms on a CPU: four blocks of 128 channels in place of 24 of 1024. Nothing it starts from knows
# where things are, so the depths of the frames teach it, too, and gaussians start ten times as large.
widths = (128, 128, 128, 128)
hooks = (0, 2, 3, 4)
layer_dims = (16, 32, 48, 64)
centres = dict(
    type='CentreHead',
    dpt=dict(type='DPT', widths=widths, hooks=hooks, layer_dims=layer_dims, dim=48, out_channels=3),
    start=2.0,
)
gaussians = dict(
    type='GaussianHead', trunk=dict(type='DPTTrunk', widths=widths, hooks=hooks, layer_dims=layer_dims, dim=32), degree=0
)
model = dict(
    type='SIU3R',
    encoder=dict(type='CameraViT', patch_embed=dict(type='ConvPatchEmbed', dim=128), depth=4, heads=4),
    decoder=dict(type='PairwiseDecoder', in_dim=128, dim=128, depth=4, heads=4),
    centre_heads=[centres, centres],
    gaussian_heads=[gaussians, gaussians],
    gaussian_adapter=dict(type='GaussianAdapter', unit=0.01),
    image_adapter=dict(type='ViTAdapter', dim=128, layers=(0, 1, 2, 3), planes=16, heads=4, extra=0, norm='group'),
    mask_decoder=dict(
        type='VideoMaskDecoder',
        pixel_decoder=dict(type='PixelDecoder', in_channels=128, dim=64, layers=2, heads=4, hidden=128, groups=8),
        dim=64,
        queries=32,
        classes=20,
        heads=4,
        hidden=128,
        layers=3,
    ),
    criterion=dict(
        type='GaussianViewsCriterion',
        segments=dict(
            type='ViewPanopticCriterion',
            classes=2.0,
            entropy=5.0,
            dice=5.0,
            points=1024,
            oversample=3.0,
            importance=0.75,
            no_object=True,
        ),
        color=10.0,
        masks=0.1,
        smoothness=0.05,
        points=1.0,
    ),
    seen=2,
)
