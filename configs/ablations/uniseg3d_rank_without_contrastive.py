# Contrastive parts, ranks alone: PQ 71.0, mIoU 76.2, mAP 58.7, interactive AP 54.6, referring mIoU 29.5, OV AP 19.8.
_base_ = '../uniseg3d_1xb4_scannet_scanrefer_scannet200_unified.py'
model = dict(criterion=dict(weights=dict(contrastive=0.0)))
