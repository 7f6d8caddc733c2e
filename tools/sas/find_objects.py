"""Classes and objects of scenes by the features of a distilled network, under any names.

Objects are the parts of a class that touch; with --masks those that another network found, whatever it called them.

Examples:
    python tools/sas/find_objects.py configs/sas_stage2_rooms_superpoints.py work_dirs/sas_stage2_rooms_superpoints \\
        --scene room0200_00 --names "wall, floor, chair, sofa, wooden table" --folder work_dirs/objects
    python tools/sas/find_objects.py CONFIG WORK_DIR --score
    python tools/sas/find_objects.py CONFIG WORK_DIR --score --masks PREDICTIONS    of tools/test.py --dump

Then: uniseg3d view work_dirs/objects
"""

import argparse
from functools import partial
from pathlib import Path

from uniseg3d.apis.class_embeddings import class_names
from uniseg3d.apis.sas_objects import grouped_objects, masks_from, score_objects
from uniseg3d.apis.sas_result_files import SceneFolder
from uniseg3d.apis.sas_scenes import DistilledScenes
from uniseg3d.engine.arguments import add_overrides
from uniseg3d.engine.config import load_config
from uniseg3d.engine.report import print_metrics
from uniseg3d.evaluation.table import aligned_table
from uniseg3d.text.class_lists import class_list, named_classes
from uniseg3d.utils.cli import positive_float, positive_int, run
from uniseg3d.utils.errors import ConfigError


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', help='of a model of type SAS; its test data are the scenes')
    parser.add_argument('checkpoint', help='weights, or a work dir: its newest good checkpoint')
    parser.add_argument('--scene', help='name of a test scene')
    parser.add_argument('--score', action='store_true', help='measure all test scenes against the class list of the config')
    parser.add_argument('--names', help='classes, separated by commas, or a file with one a line; default: those of the config')
    parser.add_argument('--stuff', default='wall, floor, ceiling', help='of --names: no objects; default "%(default)s"')
    parser.add_argument('--masks', type=Path, help='folder with <scene>.npz: name these masks')
    parser.add_argument('--cell', type=positive_float, default=0.1, help='metres; parts touch by cells; default %(default)s')
    parser.add_argument('--least', type=positive_int, default=100, help='points of an object; default %(default)s')
    parser.add_argument('--folder', type=Path, help='write clouds of classes and objects, layers of uniseg3d view')
    add_overrides(parser)
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    if (args.scene is None) != args.score:
        raise ConfigError('give either --scene, to find its objects, or --score, to measure all scenes')
    if args.score and args.names is not None:
        raise ConfigError('--score compares with the labels of the config and takes no --names')
    config = load_config(args.config, args.cfg_options)
    scenes, listed = DistilledScenes(config, args.checkpoint), config.model.get('classes', 'scannet20')
    classes = class_list(listed) if args.names is None else named_classes(_split(args.names), _split(args.stuff))
    answer = partial(grouped_objects, scenes, classes=classes, cell=args.cell, least=args.least)
    if args.masks is not None:
        answer = masks_from(args.masks, scenes, classes)
    if args.score:
        print_metrics(score_objects(scenes, answer, listed))
        return
    sample = scenes.sample(args.scene)
    files = SceneFolder(args.folder, sample, scenes.points(args.scene)) if args.folder is not None else None
    found = answer(sample)
    assert found.instances is not None
    rows = zip(found.instances.labels.tolist(), found.instances.scores.tolist(), found.instances.masks, strict=True)
    sizes = found.superpoints.sizes
    print(
        aligned_table(
            ('object', 'score', 'points'), [(classes.thing_names[i], s, str(int(sizes[m].sum()))) for i, s, m in rows]
        )
    )
    if files is not None:
        files.add_objects(found, classes)
        print(files.close())


def _split(text: str) -> list[str]:
    return class_names(text) if Path(text).is_file() else [name.strip() for name in text.split(',') if name.strip()]


if __name__ == '__main__':
    run(main)
