"""Shared by all tests: one thread, so that results do not depend on the machine's load."""

import os

os.environ['OMP_NUM_THREADS'] = '1'  # before torch reads it; processes that tests start inherit it

import torch

torch.set_num_threads(1)
