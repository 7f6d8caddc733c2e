# Tables 3 and 4, tasks not tied: PQ 70.4, mIoU 76.2, mAP 58.0, interactive AP 54.5, referring mIoU 29.1, OV AP 19.7.
_base_ = '../uniseg3d_1xb4_scannet_scanrefer_scannet200_unified.py'
model = dict(criterion=dict(weights=dict(mask_distillation=0.0, class_distillation=0.0, contrastive=0.0, rank=0.0)))
