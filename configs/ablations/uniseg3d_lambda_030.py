# Table 6, lambda 0.3, the weight of all that ties the tasks: overall 50.9.
_base_ = '../uniseg3d_1xb4_scannet_scanrefer_scannet200_unified.py'
model = dict(criterion=dict(weights=dict(mask_distillation=0.3, class_distillation=0.3, contrastive=0.3, rank=0.3)))
