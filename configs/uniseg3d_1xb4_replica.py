# UniSeg3D on Replica: semantic, instance and panoptic segmentation and clicks; nobody wrote sentences about it.
# Class embeddings: tools/make_class_embeddings.py replica.stuff_first --out data/replica/replica_cls_embedding.pth
# From ScanNet's weights: --cfg-options load_from=work_dirs/ckpts/model_best_2.pth; its classes are words, so all of them fit.
_base_ = [
    './_base_/models/uniseg3d.py',
    './_base_/datasets/replica.py',
    './_base_/schedules/adamw_poly_512e.py',
    './_base_/runtime/uniseg3d.py',
]

classes = 'replica.stuff_first'
num_stuff = 3
model = dict(
    backbone_weights='work_dirs/pretrained/sstnet_scannet.pth',
    classes=classes,
    class_embeddings='data/replica/replica_cls_embedding.pth',
    num_stuff=num_stuff,
    postprocess=dict(num_stuff=num_stuff),
)
train_dataloader = dict(num_workers=16, drop_last=False)

val_evaluator = dict(type='UnifiedMetric', classes=classes)
test_evaluator = val_evaluator
