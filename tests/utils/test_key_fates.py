"""What becomes of entries that are renamed."""

import torch

from uniseg3d.utils.key_fates import LOADED, MISFIT, MISSING, UNKNOWN, UNNEEDED, renamed_fates


def test_every_entry_has_a_fate():
    weights = {name: torch.zeros(2) for name in ('a', 'twice', 'idle', 'stranger', 'wide', 'lost')}
    own = {name: torch.zeros(2) for name in ('A', 'T1', 'T2', 'gone')} | {'W': torch.zeros(3)}
    sources = {'A': 'a', 'T1': 'twice', 'T2': 'twice', 'W': 'wide', 'L': 'lost'}
    fates = {(fate.name, fate.own): fate.fate for fate in renamed_fates(weights, own, sources, ['idle'])}
    assert fates == {
        ('a', 'A'): LOADED,
        ('twice', 'T1'): LOADED,
        ('twice', 'T2'): LOADED,
        ('wide', 'W'): MISFIT,
        ('lost', 'L'): UNKNOWN,
        ('idle', ''): UNNEEDED,
        ('stranger', ''): UNKNOWN,
        ('', 'gone'): MISSING,
    }
