# DUSt3R with the sizes of the released weights for a long side of 512 and dense heads: 569 million parameters.
widths = (1024, 768, 768, 768)  # of the image features and of the decoder's layers 6, 9 and 12
model = dict(
    type='DUSt3R',
    encoder=dict(type='ViTEncoder', patch_embed=dict(type='PatchEmbed', dim=1024), depth=24, heads=16),
    decoder=dict(type='PairwiseDecoder', in_dim=1024, dim=768, depth=12, heads=12),
    heads=[
        dict(type='DPTPointmapHead', dpt=dict(type='DPT', widths=widths, hooks=(0, 6, 9, 12))),
        dict(type='DPTPointmapHead', dpt=dict(type='DPT', widths=widths, hooks=(0, 6, 9, 12))),
    ],
    criterion=dict(type='PointmapCriterion', metric_scale=False, confident_scale=False, sky=None),
)
