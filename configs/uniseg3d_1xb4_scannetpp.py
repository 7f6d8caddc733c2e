# UniSeg3D on ScanNet++: semantic, instance and panoptic segmentation and clicks; nobody wrote sentences about it.
# Class embeddings: tools/make_class_embeddings.py scannetpp100.stuff_first --out data/scannetpp/scannetpp_cls_embedding.pth
# From ScanNet's weights: --cfg-options load_from=work_dirs/ckpts/model_best_2.pth; its classes are words, so all of them fit.
_base_ = [
    './_base_/models/uniseg3d.py',
    './_base_/datasets/scannetpp.py',
    './_base_/schedules/adamw_poly_512e.py',
    './_base_/runtime/uniseg3d.py',
]

classes = 'scannetpp100.stuff_first'
num_stuff = 16
model = dict(
    backbone_weights='work_dirs/pretrained/sstnet_scannet.pth',
    classes=classes,
    class_embeddings='data/scannetpp/scannetpp_cls_embedding.pth',
    num_stuff=num_stuff,
    postprocess=dict(num_stuff=num_stuff),
)
train_dataloader = dict(num_workers=16, drop_last=False)

val_evaluator = dict(type='UnifiedMetric', classes=classes)
test_evaluator = val_evaluator
