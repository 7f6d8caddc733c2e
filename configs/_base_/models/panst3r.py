# PanSt3R with the sizes of the first release: 879 million weights, 151 million of which make segments.
siglip = 'work_dirs/pretrained/siglip-base-patch16-224'
model = dict(
    type='PanSt3R',
    encoder=dict(type='ViTEncoder', patch_embed=dict(type='PatchEmbed', dim=1024), depth=24, heads=16),
    decoder=dict(type='MemoryDecoder', in_dim=1024, dim=768, depth=12, heads=12),
    head=dict(type='TwoFrameHead', dim=768),
    image_encoder=dict(type='DINOv2', dim=1024, depth=24, heads=16),
    panoptic=dict(
        type='PanopticDecoder',
        upscaler=dict(type='PixelShuffleUpscaler', in_dim=2816, dim=768, widths=(512, 384, 256)),
        class_head=dict(type='TextClassHead', dim=768, text_dim=768),
        dim=768,
        heads=8,
        hidden=2048,
        layers=6,
        queries=200,
        pixel_dim=256,
    ),
    class_text=dict(
        type='ClassText',
        tower=dict(type='SiglipText', weights=f'{siglip}/model.safetensors'),
        tokenizer=f'{siglip}/spiece.model',
    ),
    classes='scannetpp100',
)
