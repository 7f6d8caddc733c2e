"""Matchers: from costs to the queries that answer for each object."""

import torch
import torch.nn.functional as F
from scipy.optimize import linear_sum_assignment
from torch import Tensor


def top1(cost: Tensor, allowed: Tensor) -> Tensor:
    """True where a query is the single cheapest one of an object: ``cost`` [..., Q, n], ``allowed`` the same, to bool.

    Objects whose best queries tie, or that no query may answer for, get none; a query may answer for several objects.
    """
    cost = cost.masked_fill(~allowed, float('inf'))
    lowest = F.pad(cost, (0, 0, 0, 1), value=float('inf')).amin(-2, keepdim=True)  # padded: there may be no query at all
    best = (cost == lowest) & allowed
    return best & (best.sum(-2, keepdim=True) == 1)


def one_to_one(cost: Tensor) -> tuple[Tensor, Tensor]:
    """The pairing of smallest total ``cost`` [Q, n]: min(Q, n) queries in rising order, and the object of each."""
    known = cost.detach().float().nan_to_num(1e6, 1e6, -1e6)  # a diverging training is reported by its loss, not here
    query, target = linear_sum_assignment(known.cpu().numpy())
    return torch.from_numpy(query).to(cost.device), torch.from_numpy(target).to(cost.device)
