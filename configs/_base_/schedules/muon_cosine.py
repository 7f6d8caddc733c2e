# As adamw_cosine.py with an optimiser that gets about twice as far in a short training.
_base_ = './adamw_cosine.py'

optim_wrapper = dict(optimizer=dict(_delete_=True, type='Muon', lr=2e-3, weight_decay=0.05))
