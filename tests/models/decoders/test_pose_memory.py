"""The pose memory: what is read follows what was written, streams apart, names, gradients through all frames."""

import torch

from uniseg3d.models.decoders.pose_memory import PoseMemory, remap_keys


def memory():
    torch.manual_seed(0)
    return PoseMemory(in_dim=10, dim=12, slots=5, depth=2, heads=3).eval()


def looks(batch=2):
    torch.manual_seed(1)
    return torch.randn(batch, 6, 10), torch.randn(batch, 1, 12)


def test_shapes():
    model, (features, pose) = memory(), looks()
    slots = model.initial(2)
    assert slots.shape == (2, 5, 24) and model.begin(features).shape == (2, 1, 12)
    assert model.read(slots, features).shape == (2, 1, 12)
    assert model.write(slots, features, pose).shape == (2, 5, 24)


def test_streams_begin_alike_and_writing_leaves_the_beginning_alone():
    model, (features, pose) = memory(), looks()
    slots = model.initial(2)
    before = slots.clone()
    written = model.write(slots, features, pose)
    assert torch.equal(slots, before) and torch.equal(slots[0], slots[1]) and not torch.allclose(written[0], written[1])


def test_what_is_read_depends_on_what_was_written():
    model, (features, pose) = memory(), looks()
    slots = model.initial(2)
    first = model.read(model.write(slots, features, pose), features)
    other = model.read(model.write(slots, features, -pose), features)
    assert not torch.allclose(first, other) and not torch.allclose(first, model.read(slots, features))


def test_only_the_mean_look_counts():
    model, (features, _) = memory(), looks()
    slots = model.initial(2)
    torch.testing.assert_close(model.read(slots, features), model.read(slots, features.flip(1)))
    torch.testing.assert_close(model.read(slots, features), model.read(slots, features.mean(1, keepdim=True)))


def test_streams_do_not_see_each_other():
    model, (features, pose) = memory(), looks()
    both = model.write(model.initial(2), features, pose)
    torch.testing.assert_close(both[1:], model.write(model.initial(1), features[1:], pose[1:]))


def test_gradients_pass_through_all_frames():
    model, (features, pose) = memory(), looks()
    pose.requires_grad_()
    slots = model.write(model.initial(2), features, pose)
    slots = model.write(slots, features, torch.zeros_like(pose))
    model.read(slots, features).square().sum().backward()
    assert pose.grad.abs().min() > 0
    assert all(value.grad is not None for name, value in model.named_parameters() if name != 'start')


def test_published_names():
    own = memory().state_dict()
    renamed = {'start': 'pose_token', 'unknown': 'pose_retriever.masked_token', 'slots': 'pose_retriever.mem'}
    published = {
        renamed.get(name) or 'pose_retriever.' + name.replace('look.', 'proj_q.'): value for name, value in own.items()
    }
    found = remap_keys(published | {'enc_norm.bias': torch.ones(1)})
    assert found.keys() == own.keys() and all(
        found[name] is published[theirs] for theirs, name in zip(published, own, strict=True)
    )
