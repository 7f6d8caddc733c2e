"""Autocast is noticed where it is on, and devices without it have none."""

import torch

from uniseg3d.ops.autocast import autocasts


def test_only_the_device_that_casts() -> None:
    here = torch.ones(1)
    assert not autocasts(here) and not autocasts(here.to('meta'))
    with torch.autocast('cpu', torch.bfloat16):
        assert autocasts(here) and not autocasts(here.to('meta'))
        with torch.autocast('cpu', enabled=False):
            assert not autocasts(here)
