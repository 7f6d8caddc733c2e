# Table 4, distillation alone: PQ 70.9, mIoU 76.2, mAP 58.6, interactive AP 55.3, referring mIoU 29.2, OV AP 19.6.
_base_ = '../uniseg3d_1xb4_scannet_scanrefer_scannet200_unified.py'
model = dict(criterion=dict(weights=dict(contrastive=0.0, rank=0.0)))
