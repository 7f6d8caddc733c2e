# UniSeg3D on S3DIS: semantic, instance and panoptic segmentation and clicks; nobody wrote sentences about it.
# Class embeddings: tools/make_class_embeddings.py s3dis13 --out data/s3dis/s3dis_cls_embedding.pth
# From ScanNet's weights: --cfg-options load_from=work_dirs/ckpts/model_best_2.pth; its classes are words, so all of them fit.
_base_ = [
    './_base_/models/uniseg3d.py',
    './_base_/datasets/s3dis.py',
    './_base_/schedules/adamw_poly_512e.py',
    './_base_/runtime/uniseg3d.py',
]

classes = 's3dis13'
num_stuff = 0
model = dict(
    backbone_weights='work_dirs/pretrained/sstnet_scannet.pth',
    classes=classes,
    class_embeddings='data/s3dis/s3dis_cls_embedding.pth',
    num_stuff=num_stuff,
    postprocess=dict(num_stuff=num_stuff),
)
train_dataloader = dict(num_workers=16, drop_last=False)

val_evaluator = dict(type='UnifiedMetric', classes=classes)
test_evaluator = val_evaluator
