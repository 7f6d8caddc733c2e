# OneFormer3D on ScanNet200: 198 classes with instances, and a network of MinkowskiEngine that sees colours alone.
_base_ = './oneformer3d_1xb4_scannet.py'

classes = 'scannet200.stuff_first'
model = dict(
    encoder=dict(
        dim=96,
        # out_channels=None for files without backbone.final
        unet=dict(_delete_=True, type='Res16UNet34C', in_channels=3, out_channels=96),
    ),
    backbone_weights=None,
    decoder=dict(in_channels=96, class_head=dict(classes=198), semantic_head=dict(classes=200)),
    classes=classes,
)

changed = dict(
    MapSemantic=dict(classes=classes, largest_id=1357),
    SuperpointAnnotations=dict(classes=classes),
    PackScene=dict(features=['color']),
)
train_pipeline = [{**step, **changed.get(step['type'], {})} for step in _base_.train_pipeline]
test_pipeline = [{**step, **changed.get(step['type'], {})} for step in _base_.test_pipeline]
ids = dict(classes=classes, folders=dict(semantic='semantic_mask_200'))
train_dataloader = dict(dataset=dict(pipeline=train_pipeline, **ids))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline, **ids))
test_dataloader = val_dataloader

val_evaluator = dict(classes=classes)
test_evaluator = val_evaluator
