# Adapter and mask decoder of SIU3R on COCO's photos with panoptic labels, before anything is reconstructed. The original had such a
# pre-training of 60 epochs, but published its file alone: cut-outs, rates and batch size are ours.
#   bash tools/dist_train.sh configs/siu3r_coco_head.py 8
#   bash tools/dist_train.sh configs/siu3r_pair_scannet.py 8 --cfg-options model.mask_weights=work_dirs/siu3r_coco_head/epoch_60.pth
_base_ = [
    './_base_/models/siu3r_head.py',
    './_base_/datasets/views_coco.py',
    './_base_/schedules/warmup_cosine_epochs.py',
    './_base_/runtime/default.py',
]

train_cfg = dict(max_epochs=60)
val_evaluator = [dict(type='PhotoPanopticMetric', classes='coco133')]
test_evaluator = val_evaluator
