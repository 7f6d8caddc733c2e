# Distillation parts, v->g alone: PQ 71.2, mIoU 76.3, mAP 59.0, interactive AP 54.0, referring mIoU 29.5, OV AP 19.8.
_base_ = '../uniseg3d_1xb4_scannet_scanrefer_scannet200_unified.py'
model = dict(criterion=dict(weights=dict(class_distillation=0.0)))
