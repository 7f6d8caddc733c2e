# Distillation parts, v->t alone: PQ 70.7, mIoU 76.2, mAP 58.6, interactive AP 54.1, referring mIoU 29.7, OV AP 20.0.
_base_ = '../uniseg3d_1xb4_scannet_scanrefer_scannet200_unified.py'
model = dict(criterion=dict(weights=dict(mask_distillation=0.0)))
