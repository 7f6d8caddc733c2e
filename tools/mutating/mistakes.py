"""Mistakes that a tired person could make in lines that decide about numbers, and the tests that look there."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutation:
    """One line made wrong."""

    part: str
    file: str  # below uniseg3d/
    old: str  # occurs once in it
    new: str
    tests: str  # files or folders below tests/


def _of(part: str, file: str, tests: str, *changes: tuple[str, str]) -> list[Mutation]:
    return [Mutation(part, file, old, new, tests) for old, new in changes]


METRICS = 'evaluation/functional'
MUTATIONS = [
    *_of(
        'metrics',
        f'{METRICS}/semantic.py',
        'evaluation/test_semantic.py',
        ('labelled = truth != classes', 'labelled = truth >= 0'),
        ('hits / (truth + predicted - hits)', 'hits / (truth + predicted)'),
    ),
    *_of(
        'metrics',
        f'{METRICS}/instance.py',
        f'{METRICS}/test_instance.py',
        ('np.where(reach, scores[:, None], -np.inf)', 'np.where(reach, -scores[:, None], -np.inf)'),
        ('(ignored[:, None] <= LEVELS)', '(ignored[:, None] <= 2)'),
        ('inside.sum(1) >= min_points', 'inside.sum(1) > min_points'),
    ),
    *_of(
        'metrics',
        f'{METRICS}/panoptic.py',
        f'{METRICS}/test_panoptic.py',
        ('counts.fp / 2 + counts.fn / 2', 'counts.fp + counts.fn'),
        (
            'truth.semantic[truth.segment] < classes, truth.points, 0',
            'truth.semantic[truth.segment] <= classes, truth.points, 0',
        ),
    ),
    *_of(
        'metrics',
        f'{METRICS}/trajectory.py',
        f'{METRICS}/test_trajectory.py',
        ('distance.square().mean().sqrt()', 'distance.mean()'),
        ('relative_pose(true, found)', 'relative_pose(found, found)'),
    ),
    *_of(
        'metrics',
        f'{METRICS}/depth.py',
        f'{METRICS}/test_depth.py',
        ('(difference.abs() / measured)', '(difference.abs() / above)'),
        ('(truth > 0) & (truth <', '(truth >= 0) & (truth <'),
    ),
    *_of(
        'matching',
        'models/criteria/matching.py',
        'models/criteria/test_matching.py',
        ('best & (best.sum(-2, keepdim=True) == 1)', 'best'),
        ('(cost == lowest) & allowed', '(cost == lowest)'),
        ('linear_sum_assignment(known.cpu().numpy())', 'linear_sum_assignment(-known.cpu().numpy())'),
        ('nan_to_num(1e6, 1e6, -1e6)', 'nan_to_num(-1e6, 1e6, -1e6)'),
    ),
    *_of(
        'merging',
        'models/postprocess/matrix_nms.py',
        'models/postprocess/test_matrix_nms.py',
        ('overlap.triu(1)', 'overlap.triu(0)'),
        (' * (labels[:, None] == labels)', ''),
        ('overlap.amax(0)[:, None]', 'overlap.amax(0)[None]'),
    ),
    *_of(
        'merging',
        'apis/merging.py',
        'apis/test_tiling.py',
        ('found[a].labels[:, None] == found[b].labels', 'found[a].labels[:, None] >= 0'),
        ('(overlap.max(1) >= SAME)', '(overlap.max(1) >= 0)'),
        ('2 * (points * tile.home).sum(1) >= points.sum(1)', 'points.sum(1) >= 0'),
        ('masks[order]', 'masks'),
    ),
    *_of(
        'readers',
        'io/ply_elements.py',
        'io/test_ply.py',
        ('_BYTE_ORDERS[header.format], where)\n    return tables', "'<', where)\n    return tables"),
    ),
    *_of(
        'readers',
        'io/pcd.py',
        'io/test_pcd.py',
        ('size == header.points * header.row.itemsize', 'True'),
        ('needed <= left', 'True'),
    ),
    *_of(
        'readers',
        'io/sens.py',
        'io/test_sens.py',
        ('if number >= self.whole:', 'if number > self.whole:'),
        ('if image.shape[:2] != size:', 'if image.shape[:1] != size[:1]:'),
    ),
    *_of(
        'readers',
        'io/colmap.py',
        'io/test_colmap.py',
        ('triples[:, :2] - HALF_PIXEL', 'triples[:, :2]'),
        ('invert_pose(check_poses(', '(check_poses('),
    ),
    *_of(
        'readers',
        'utils/restricted_pickle.py',
        'utils/test_restricted_pickle.py',
        ('if state[1:] != honest[1:]:', 'if False:'),
        ('isinstance(content, list) != dtype.hasobject', 'False'),
    ),
    *_of('readers', 'io/ply_elements.py', 'faults/test_decisive_lines.py', ('if count < 0:', 'if count < -1:')),
    *_of(
        'readers',
        'utils/restricted_pickle.py',
        'faults/test_decisive_lines.py',
        ("dtype.kind not in 'biufcSUO'", "dtype.kind not in 'biufcSUOV'"),
        ("if codec != 'latin1':", "if codec == '':"),
    ),
    *_of('metrics', f'{METRICS}/panoptic.py', 'faults/test_decisive_lines.py', ('iou > MATCH', 'iou >= MATCH')),
]
