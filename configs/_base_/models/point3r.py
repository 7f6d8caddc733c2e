# Point3R with the sizes of the released weights: 828 million parameters.
dims = (1024, 768, 768, 768)  # of the image features and of the decoder's layers 6, 9 and 12
model = dict(
    type='Point3R',
    encoder=dict(
        type='ViTEncoder',
        patch_embed=dict(type='PatchEmbed', dim=1024),
        depth=24,
        heads=16,
        rope_precision='fp16',  # as the released weights were trained and tested; 'fp32' is exact
    ),
    decoder=dict(type='TwoStreamDecoder', in_dim=1024, dim=768, depth=12, heads=12, memory_heads=16),
    head=dict(
        type='StreamHead',
        local=dict(type='DPTPointmapHead', dpt=dict(type='DPT', widths=dims, hooks=(0, 6, 9, 12))),
        world=dict(type='DPTPointmapHead', dpt=dict(type='DPT', widths=dims, hooks=(0, 6, 9, 12))),
        dim=768,
        heads=12,
    ),
    pose_memory=dict(type='PoseMemory', in_dim=1024, dim=768, slots=256, heads=12),
    pointer_encoder=dict(type='PointerEncoder', dim=1024, memory_dim=768, depth=6, heads=16),
    pointer_memory=dict(type='MergingMemory', cells=20.0, budget=None),
)
