# Table 4, contrast and ranks alone: PQ 70.8, mIoU 76.4, mAP 58.4, interactive AP 54.1, referring mIoU 29.6, OV AP 19.9.
_base_ = '../uniseg3d_1xb4_scannet_scanrefer_scannet200_unified.py'
model = dict(criterion=dict(weights=dict(mask_distillation=0.0, class_distillation=0.0)))
