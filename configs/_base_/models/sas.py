# OpenScene's network with superpoint distillation, as SAS trains it: ones for input, features of CLIP ViT-B/32 for output.
model = dict(
    type='SAS',
    network=dict(type='MinkUNet', variant='18A', in_channels=3, out_channels=512),
    texts=dict(
        encoder=dict(
            type='ClipText', tower='ViT-B-32-quickgelu', weights='work_dirs/pretrained/ViT-B-32/open_clip_pytorch_model.bin'
        )
    ),
    constant_input=True,
    pool_scenes=True,
)
