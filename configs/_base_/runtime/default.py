# How every run behaves: logging, checkpoints, environment. Schedules say for how long; data sets and models say what.
default_scope = 'uniseg3d'
log_level = 'INFO'

work_dir = None  # None: work_dirs/<name of the config>
load_from = None  # weights to start from: a file, or the work dir of another run
allow_mismatch = False  # True: load what fits of load_from and list the rest
resume = False  # True: the newest good checkpoint of the work dir; or a file

randomness = dict(seed=0, diff_rank_seed=False, deterministic=False)
env_cfg = dict(
    cudnn_benchmark=False, mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0), dist_cfg=dict(backend=None, timeout=1800)
)  # None: nccl where there is a GPU, else gloo
find_unused_parameters = False

default_hooks = dict(
    loss_guard=dict(type='LossGuardHook'),
    runtime_info=dict(type='RuntimeInfoHook'),
    timer=dict(type='IterTimerHook'),
    sampler_seed=None,  # the train loops set the epoch themselves
    param_scheduler=dict(type='ParamSchedulerHook'),
    logger=dict(type='LoggerHook', interval=20),
    # epochs or iterations, as the train loop counts
    checkpoint=dict(type='AtomicCheckpointHook', interval=1, iter_interval=200, max_keep_ckpts=3),
)
custom_hooks = []
log_processor = dict(type='ProgressLine', window_size=20)

# further back ends: dict(type='TensorboardVisBackend') needs the extra `logging`
visualizer = dict(type='Visualizer', vis_backends=[dict(type='LocalVisBackend')])
