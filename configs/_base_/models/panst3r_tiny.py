# PanSt3R on the tiny MUSt3R of must3r_tiny.py, which stays as it is. In the place of DINOv2, which wants a download, a copy of
# its encoder learns what things look like; words are learned, too.
model = dict(
    type='PanSt3R',
    encoder=dict(type='ViTEncoder', patch_embed=dict(type='ConvPatchEmbed', dim=128), depth=4, heads=4),
    decoder=dict(type='MemoryDecoder', in_dim=128, dim=128, depth=4, heads=4),
    head=dict(type='TwoFrameHead', dim=128),
    image_encoder=dict(type='ViTEncoder', patch_embed=dict(type='ConvPatchEmbed', dim=128), depth=4, heads=4),
    panoptic=dict(
        type='PanopticDecoder',
        mixer=dict(type='InputMixer', in_dim=384, dim=128, heads=4, layers=1),
        upscaler=dict(type='LoftUp', in_dim=128, dim=64, heads=4, depth=1, image_frequencies=6, highest=3.0),
        class_head=dict(type='TextClassHead', dim=128, text_dim=64, scale=2.0, bias=-2.0),
        dim=128,
        heads=4,
        hidden=256,
        layers=3,
        queries=48,
        pixel_dim=64,
    ),
    class_text=dict(type='ClassText', encoder=dict(type='ScratchText', dim=64), template='{}'),
    criterion=dict(type='ViewPanopticCriterion', points=2048),
    classes='scannet20',
    copy_encoder=True,
)
