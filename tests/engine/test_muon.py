"""Muon: what it does to matrices, what it leaves to AdamW, and that a resumed training goes on as if nothing happened."""

import copy

import pytest
import torch
from torch import Tensor, nn

from uniseg3d.engine.muon import ADAM_RMS, Muon, orthogonalised
from uniseg3d.registry import OPTIMIZERS
from uniseg3d.utils.errors import ConfigError


@pytest.mark.parametrize('shape', [(2, 40, 40), (3, 32, 128), (1, 96, 48)])
def test_singular_values_come_near_one_and_the_spaces_stay(shape: tuple[int, int, int]) -> None:
    matrices = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    result = orthogonalised(matrices)
    assert result.shape == shape
    left, values, right = torch.linalg.svd(matrices, full_matrices=False)
    core = left.mT @ result @ right.mT  # diagonal if the singular vectors are the same
    torch.testing.assert_close(core, torch.diag_embed(core.diagonal(dim1=1, dim2=2)), atol=1e-4, rtol=0)
    strong = values > 0.1 * values.amax(-1, keepdim=True)
    assert ((core.diagonal(dim1=1, dim2=2)[strong] - 1).abs() < 0.45).all()


def test_a_zero_gradient_gives_no_nan() -> None:
    assert (orthogonalised(torch.zeros(1, 32, 32)) == 0).all()


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Embedding(3000, 32), nn.Linear(32, 64), nn.GELU(), nn.Linear(64, 64), nn.Linear(64, 2))


def loss_of(model: nn.Module, seed: int = 0) -> Tensor:
    words = torch.randint(3000, (64,), generator=torch.Generator().manual_seed(seed))
    return nn.functional.cross_entropy(model(words), words % 2)


def train(model: nn.Module, optimiser: torch.optim.Optimizer, seeds: range) -> float:
    for seed in seeds:
        optimiser.zero_grad()
        loss = loss_of(model, seed)
        loss.backward()
        optimiser.step()
    return loss.item()


def test_what_is_no_wide_matrix_moves_as_adamw_moves_it() -> None:
    ours, theirs = network(), network()
    wide = {'1.weight', '3.weight'}
    for model in (ours, theirs):
        for name, param in model.named_parameters():
            param.requires_grad_(name not in wide)
    train(ours, Muon(ours.parameters(), lr=1e-2, weight_decay=0.1), range(5))
    train(theirs, torch.optim.AdamW(theirs.parameters(), lr=1e-2, weight_decay=0.1), range(5))
    for mine, his in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(mine, his, atol=1e-6, rtol=1e-5)


def test_a_wide_matrix_moves_as_far_as_the_learning_rate_says() -> None:
    torch.manual_seed(0)
    weight = nn.Parameter(torch.zeros(64, 256))
    weight.grad = torch.randn_like(weight)
    Muon([weight], lr=1e-2, weight_decay=0.0).step()
    assert weight.detach().square().mean().sqrt() == pytest.approx(ADAM_RMS * 1e-2, rel=0.2)


def test_weight_decay_shrinks_a_matrix_without_gradient() -> None:
    weight = nn.Parameter(torch.ones(32, 32))
    weight.grad = torch.zeros_like(weight)
    Muon([weight], lr=0.1, weight_decay=0.5).step()
    torch.testing.assert_close(weight.detach(), torch.full((32, 32), 0.95))


def test_it_learns_what_it_is_shown() -> None:
    model = network()
    start = loss_of(model).item()
    train(model, Muon(model.parameters(), lr=3e-2), range(100))
    assert loss_of(model).item() < 0.5 * start


def test_a_resumed_training_goes_on_bit_for_bit() -> None:
    model = network()
    optimiser = Muon(model.parameters(), lr=1e-2)
    train(model, optimiser, range(3))
    again = copy.deepcopy(model)
    resumed = Muon(again.parameters(), lr=0.5)
    resumed.load_state_dict(copy.deepcopy(optimiser.state_dict()))
    assert train(model, optimiser, range(3, 6)) == train(again, resumed, range(3, 6))


def test_a_parameter_without_gradient_stays() -> None:
    model = network()
    model[3].weight.requires_grad_(False)
    before = model[3].weight.clone()
    train(model, Muon(model.parameters(), lr=1e-2), range(2))
    assert torch.equal(model[3].weight, before)


def test_a_closure_is_called_once_with_gradients_on() -> None:
    model, calls = network(), []

    def closure() -> float:
        loss = loss_of(model)
        loss.backward()
        calls.append(loss.item())
        return loss.item()

    assert Muon(model.parameters()).step(closure) == calls[0]
    assert len(calls) == 1


def test_a_config_finds_it_before_any_other_muon() -> None:
    assert OPTIMIZERS.get('Muon') is Muon


def test_impossible_momentum_is_refused() -> None:
    with pytest.raises(ConfigError, match=r'in \[0, 1\), got 1.5'):
        Muon([nn.Parameter(torch.zeros(2))], momentum=1.5)


def test_filters_are_matrices_if_wanted() -> None:
    torch.manual_seed(0)
    layer = nn.Conv2d(8, 40, 3)
    layer.weight.grad, layer.bias.grad = torch.randn_like(layer.weight), torch.zeros(40)
    before = layer.weight.detach().clone()
    Muon(layer.parameters(), lr=0.1, weight_decay=0.0, filters=True).step()
    moved = (layer.weight.detach() - before).flatten(1) / (0.1 * ADAM_RMS * 72**0.5)
    assert ((torch.linalg.svdvals(moved) - 1).abs() < 0.45).all()
    plain, adam = nn.Conv2d(8, 40, 3), nn.Conv2d(8, 40, 3)
    adam.load_state_dict(plain.state_dict())
    for each in (plain, adam):
        each.weight.grad, each.bias.grad = torch.ones_like(each.weight), torch.ones(40)
    Muon(plain.parameters(), lr=0.1, weight_decay=0.0).step()
    torch.optim.AdamW(adam.parameters(), lr=0.1, weight_decay=0.0).step()
    torch.testing.assert_close(plain.weight, adam.weight)
