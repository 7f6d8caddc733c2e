# The second stage: 40 more epochs from the weights of the first, learning rate and weight decay a thousandth.
# The paper: PQ 71.3, mIoU 76.9, mAP 59.3, interactive AP 54.5, referring mIoU 29.6, OV AP 19.7.
_base_ = './uniseg3d_1xb4_scannet_scanrefer_scannet200_unified.py'

# its last epoch; the paper took its best: --cfg-options load_from=work_dirs/uniseg3d_.../best_all_ap_epoch_N.pth
load_from = 'work_dirs/uniseg3d_1xb4_scannet_scanrefer_scannet200_unified'
train_cfg = dict(max_epochs=40, val_interval=1, dynamic_intervals=None)
optim_wrapper = dict(optimizer=dict(lr=1e-7, weight_decay=5e-5))
