"""UniSeg3D's decoder: against itself with Q x Q masks, one head at a time; prompts asked later; and the small cases."""

import pytest
import torch

from uniseg3d.models.decoders.query_decoder import QueryDecoder, remap_keys
from uniseg3d.models.heads import IoUHead, LinearClassHead, NamingHead, OpenClassHead
from uniseg3d.models.layers.position import FourierPosition
from uniseg3d.structures import QuerySet
from uniseg3d.utils.errors import ConfigError, DataError

CHANNELS, DIM, HEADS, LAYERS, EMBED, CLASSES, STUFF = 6, 12, 3, 2, 10, 5, 2
SUPERPOINTS = 14
FORMS = [{}, {'prompts_see_scene': ('texts',)}, {'prompts_see_scene': ('clicks', 'texts'), 'placed': True}, {'placed': True}]


def make_decoder(placed=False, **options):
    torch.manual_seed(0)
    heads = [OpenClassHead(DIM, EMBED), OpenClassHead(DIM, EMBED), IoUHead(DIM)]
    position = FourierPosition(DIM) if placed else None
    decoder = QueryDecoder(CHANNELS, *heads, dim=DIM, heads=HEADS, hidden=16, layers=LAYERS, position=position, **options)
    names = torch.randn(CLASSES, 2, EMBED)
    decoder.class_head.set_classes(names[STUFF:])
    decoder.semantic_head.set_classes(names)
    return decoder.double()


def make_scene(scene=6, clicks=3, texts=2, superpoints=SUPERPOINTS):
    """Features [M, CHANNELS], queries, centres [M, 3]."""
    generator = torch.Generator().manual_seed(1)
    features, extra = (torch.randn(n, CHANNELS, generator=generator, dtype=torch.float64) for n in (superpoints, 100))
    asked = torch.randperm(superpoints, generator=generator)[:scene]
    clicked = torch.randint(superpoints, (clicks,), generator=generator)
    place = torch.cat([asked, clicked, torch.full((texts,), -1)])
    queries = torch.cat([features[asked], features[clicked] + 1, extra[:texts]])
    counts = {'scene': scene, 'clicks': clicks, 'texts': texts}
    return features, QuerySet(queries, counts, place), torch.rand(superpoints, 3, generator=generator).double() * 4


def pick(queries, rows, group):
    """Some queries of one group, asked alone."""
    return QuerySet(queries.features[rows], {group: len(queries.superpoint[rows])}, queries.superpoint[rows])


def masked_attention(attention, queries, keys, values, blocked):
    heads = []
    parts = zip((queries, keys, values), attention.in_proj_weight.chunk(3), attention.in_proj_bias.chunk(3), strict=True)
    for q, k, v in zip(*((t @ w.T + b).chunk(HEADS, 1) for t, w, b in parts), strict=True):
        weights = (q @ k.T * q.shape[1] ** -0.5).masked_fill(blocked, -torch.inf).softmax(1)
        heads.append(weights @ v)
    return attention.out_proj(torch.cat(heads, 1))


def interaction_mask(counts, sees_scene):
    group = [name for name, count in counts.items() for _ in range(count)]
    return torch.tensor([
        [not (i == j or (theirs == 'scene' and (mine == 'scene' or mine in sees_scene))) for j, theirs in enumerate(group)]
        for i, mine in enumerate(group)
    ])  # fmt: skip


def literal_head(decoder, x, mask_features, last):
    """All that one head says, and what its queries may not see next."""
    n = decoder.mask_head.norm(x)
    masks = torch.stack([torch.stack([row @ z for z in mask_features]) for row in n])
    pooled, blocked = [], []
    for row in masks:
        inside = [z for z, logit in zip(mask_features, row, strict=True) if logit > 0]
        pooled.append(sum(inside) / (len(inside) + 1e-8) if inside else torch.zeros(DIM).double())
        hidden = torch.sigmoid(row) < 0.5
        blocked.append(torch.zeros_like(hidden) if hidden.all() else hidden)
    pooled = torch.stack(pooled)
    semantic = decoder.semantic_head(n, pooled) if last else None
    return (masks, n, decoder.class_head(n, pooled), semantic, decoder.iou_head(n)), torch.stack(blocked)


def literal_decoder(decoder, features, queries, centres, sees_scene):
    """The definition: Q x Q masks, attention weights, every head complete."""
    tokens, mask_features = decoder.token_projection(features), decoder.mask_projection(features)
    where = torch.zeros(len(features), DIM).double() if decoder.position is None else decoder.position(centres)
    at = torch.stack([where[s] if s >= 0 else torch.zeros(DIM).double() for s in queries.superpoint.tolist()])
    x = decoder.query_projection(queries.features)
    mates = interaction_mask(queries.counts, sees_scene)
    output, blocked = literal_head(decoder, x, mask_features, last=False)
    outputs = [output]
    for number, block in enumerate(decoder.transformer.blocks):
        x = block.cross_norm(x + masked_attention(block.cross_attention, x + at, tokens + where, tokens, blocked))
        x = block.self_norm(x + masked_attention(block.self_attention.attention, x + at, x + at, x, mates))
        x = block.mlp_norm(x + block.mlp(x))
        output, blocked = literal_head(decoder, x, mask_features, last=number + 1 == LAYERS)
        outputs.append(output)
    return outputs


def fields(output):
    return (output.masks, output.embeddings, output.classes, output.semantic, output.ious)


def total(outputs):
    return sum(part.square().mean() for output in outputs for part in output if part is not None)


@pytest.mark.parametrize('form', FORMS)
def test_equals_the_definition_forward_and_backward(form):
    scene = make_scene()
    fast, literal = make_decoder(**form), make_decoder(**form)
    ours = [fields(output) for output in fast(*scene, all_heads=True)]
    theirs = literal_decoder(literal, *scene, sees_scene=form.get('prompts_see_scene', ()))
    assert len(ours) == LAYERS + 1
    for mine, expected in zip(ours, theirs, strict=True):
        for part, expected_part in zip(mine, expected, strict=True):
            torch.testing.assert_close(part, expected_part)
    total(ours).backward()
    total(theirs).backward()
    for (name, a), b in zip(fast.named_parameters(), literal.parameters(), strict=True):
        assert a.grad is not None and a.grad.abs().max() > 0, f'{name} does not learn'
        torch.testing.assert_close(a.grad, b.grad, msg=name)


@pytest.mark.parametrize('form', FORMS)
def test_prediction_is_the_last_head(form):
    decoder, scene = make_decoder(**form).eval(), make_scene()
    (final,), everything = decoder(*scene), decoder(*scene, all_heads=True)
    for part, expected in zip(fields(final), fields(everything[-1]), strict=True):
        assert torch.equal(part, expected)
    assert all(output.semantic is None and output.classes is not None for output in everything[:-1])


@pytest.mark.parametrize('form', FORMS)
def test_prompts_may_be_left_out_added_or_asked_later(form):
    decoder, (features, queries, centres) = make_decoder(**form).eval(), make_scene()
    (together,) = decoder(features, queries, centres)
    memory = decoder.encode(features, centres)
    rows = {group: queries.rows(group) for group in queries.counts}
    for group in ('scene', 'texts', 'clicks'):  # another order than when asked together
        (answer,) = decoder.answer(memory, pick(queries, rows[group], group))
        for part, expected in zip(fields(answer), fields(together.select(rows[group])), strict=True):
            torch.testing.assert_close(part, expected)
    (one,) = decoder.answer(memory, pick(queries, slice(7, 8), 'clicks'))
    torch.testing.assert_close(one.masks[0], together.masks[7])


@pytest.mark.parametrize('form', FORMS)
@pytest.mark.parametrize('sizes', [(6, 0, 0), (1, 0, 0), (6, 0, 3), (1, 1, 1)])
@pytest.mark.parametrize('superpoints', [1, 9])
def test_small_scenes(form, sizes, superpoints):
    scene = (min(sizes[0], superpoints), *sizes[1:])
    features, queries, centres = make_scene(*scene, superpoints=superpoints)
    outputs = make_decoder(**form)(features, queries, centres, all_heads=True)
    assert outputs[-1].masks.shape == (sum(scene), superpoints)
    loss = total(fields(output) for output in outputs)
    loss.backward()
    assert loss.isfinite()


@pytest.mark.parametrize('form', FORMS)
def test_no_question_no_answer(form):
    (answer,) = make_decoder(**form).eval()(*make_scene(0, 0, 0))
    assert len(answer) == 0 and answer.classes.shape == (0, CLASSES - STUFF + 1)


@pytest.mark.parametrize('form', FORMS)
def test_autocast(form):
    features, queries, centres = make_scene()
    queries = QuerySet(queries.features.float(), queries.counts, queries.superpoint)
    decoder = make_decoder(**form).float()
    with torch.autocast('cpu', torch.bfloat16):
        outputs = decoder(features.float(), queries, centres.float(), all_heads=True)
    with torch.no_grad():
        exact = decoder(features.float(), queries, centres.float(), all_heads=True)
    scale = exact[0].masks.abs().max()
    assert (outputs[0].masks.float() - exact[0].masks).abs().max() < 0.05 * scale
    total([part.float() for part in fields(output) if part is not None] for output in outputs).backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in decoder.parameters())


def test_every_parameter_has_a_gradient_without_any_prompt():
    decoder = make_decoder(prompts_see_scene=('texts',), placed=True)
    total(fields(output) for output in decoder(*make_scene(6, 0, 0), all_heads=True)).backward()
    assert all(p.grad is not None for p in decoder.parameters())  # or several processes would wait for each other


def test_heads_are_optional_and_may_be_configs():
    head = {'type': 'LinearClassHead', 'dim': DIM, 'classes': 3}
    decoder = QueryDecoder(CHANNELS, head, dim=DIM, heads=HEADS, hidden=16, layers=1).double()
    assert isinstance(decoder.class_head, LinearClassHead)
    (answer,) = decoder(*make_scene())
    assert answer.classes.shape == (11, 4) and answer.semantic is None and answer.ious is None


def test_a_memory_is_projected_once():
    decoder, (features, queries, centres) = make_decoder().eval(), make_scene()
    memory = decoder.encode(features, centres)
    calls = []
    for module in (decoder.token_projection, decoder.mask_projection):
        module.register_forward_hook(lambda *_: calls.append(1))
    for _ in range(3):
        decoder.answer(memory, pick(queries, slice(6, 7), 'clicks'))
    assert not calls


def test_what_a_user_can_get_wrong():
    with pytest.raises(ConfigError, match="got \\('scene',\\)"):
        make_decoder(prompts_see_scene=('scene',))
    with pytest.raises(ConfigError, match="got 'texts'"):
        make_decoder(prompts_see_scene='texts')
    features, queries, _ = make_scene()
    with pytest.raises(DataError, match='centres'):
        make_decoder(placed=True)(features, queries)


def test_published_names_of_other_parts_are_left():
    ours = ('decoder.cross_attn_layers.3.norm.bias', 'pred_iou_proj.4.bias')
    foreign = ('decoder.query.weight', 'decoder.x', 'unet.blocks.block0', 'type_embedding.weight')
    weights = {name: torch.zeros(1) for name in (*ours, *foreign)}
    assert set(remap_keys(weights)) == {'transformer.blocks.3.cross_norm.bias', 'iou_head.4.bias'}


def test_superpoints_say_what_they_look_like():
    decoder = make_decoder(superpoint_classes=CLASSES)
    features, queries, centres = make_scene()
    *_, output = decoder(features, queries, centres)
    looks = decoder.superpoint_head(features)
    assert torch.equal(output.superpoints, looks)
    silent = make_decoder(superpoint_classes=CLASSES)
    for parameter in silent.superpoint_head[-1].parameters():
        torch.nn.init.zeros_(parameter)
    alone = silent(features, queries, centres)[-1].semantic
    own = queries.superpoint >= 0
    torch.testing.assert_close(output.semantic[own], alone[own] + looks[queries.superpoint[own]])
    assert torch.equal(output.semantic[~own], alone[~own])


def test_sentences_say_the_same_in_every_scene_while_masks_show_what_is_there():
    decoder, (features, queries, centres) = make_decoder(name_head=NamingHead(DIM, CHANNELS, CLASSES - STUFF, 4)), make_scene()
    outputs = decoder(features, queries, centres, all_heads=True)
    texts = queries.rows('texts')
    assert [output.names is None for output in outputs] == [True] * LAYERS + [False]
    assert outputs[-1].names.shape == (len(queries), 7)
    torch.testing.assert_close(outputs[-1].names[texts], decoder.say(queries.only('texts')))
    elsewhere = decoder(features.flip(0) * 2, queries, centres)[-1].names
    torch.testing.assert_close(elsewhere[texts], outputs[-1].names[texts])
    assert not torch.allclose(elsewhere[: texts.start], outputs[-1].names[: texts.start])
    (asked_alone,) = decoder(features, queries.only('scene', 'clicks'), centres)
    torch.testing.assert_close(asked_alone.names, outputs[-1].names[: texts.start])


def test_names_change_nothing_else_and_need_their_head():
    scene = make_scene()
    (with_names,), (without,) = (
        make_decoder(name_head=NamingHead(DIM, CHANNELS, CLASSES - STUFF))(*scene),
        make_decoder()(*scene),
    )
    assert all(torch.equal(mine, expected) for mine, expected in zip(fields(with_names), fields(without), strict=True))
    with pytest.raises(ConfigError, match='no name_head'):
        make_decoder().say(scene[1])
