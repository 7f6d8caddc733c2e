"""Find the objects of scenes by any names, from the cloud, from photos with known cameras, or from both.

examples:
  python tools/name_objects.py CONFIG CHECKPOINT --scene room0200_00 --names "sofa, oval table, piano" --photos EXPERT
  python tools/name_objects.py CONFIG CHECKPOINT --scene room0200_00 --photos EXPERT      what is here?
  python tools/name_objects.py CONFIG CHECKPOINT --photos EXPERT --score data/rooms/open_names.json
  EXPERT: a file of tools/train_crop_expert.py, or with --tower NAME the weights of that open_clip model
"""

import argparse
from pathlib import Path

from uniseg3d.apis.class_embeddings import class_names
from uniseg3d.apis.name_report import found_table, save_named, score_questions
from uniseg3d.apis.named_scenes import NamedScenes, load_expert, load_namer, score_names
from uniseg3d.apis.open_vocabulary import EVIDENCE, NamingOptions
from uniseg3d.engine.arguments import add_overrides
from uniseg3d.engine.config import load_config
from uniseg3d.engine.report import print_metrics
from uniseg3d.text.class_lists import class_list
from uniseg3d.utils.cli import positive_int, run
from uniseg3d.utils.errors import ConfigError


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', help='of a model; its test data are the scenes')
    parser.add_argument('checkpoint', help='weights, or a work dir: its newest good checkpoint')
    parser.add_argument('--scene', help='name of a test scene')
    parser.add_argument('--names', help='what to look for, separated by commas, or a file with one name a line')
    parser.add_argument('--vocabulary', type=Path, help='file: what things may be if they are none of the names')
    parser.add_argument(
        '--score', metavar='LIST', help='measure all test scenes with this class list (.json, or scannet200.instance198)'
    )
    parser.add_argument('--photos', metavar='EXPERT', help='expert for photos; without it the network alone is asked')
    parser.add_argument('--tower', help='open_clip model that EXPERT holds the weights of')
    parser.add_argument('--evidence', choices=EVIDENCE, help='default: both with --photos, else network')
    parser.add_argument('--weight', type=float, default=0.25, help='of the photos beside the network; default %(default)s')
    parser.add_argument('--frames', type=Path, help='folder with the frames of each scene; default: frames/ of the data set')
    parser.add_argument('--every', type=positive_int, default=1, help='use every N-th frame; default %(default)s')
    parser.add_argument(
        '--count', type=positive_int, default=3, help='names of each object without --names; default %(default)s'
    )
    parser.add_argument('--picture', type=Path, help='write a picture of the named objects')
    add_overrides(parser)
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    if (args.scene is None) == (args.score is None):
        raise ConfigError('give either --scene, to name its objects, or --score, to measure all scenes')
    config = load_config(args.config, args.cfg_options)
    expert = None if args.photos is None else load_expert(args.photos, args.tower)
    evidence = args.evidence or ('network' if expert is None else 'both')
    vocabulary = None if args.vocabulary is None else class_names(args.vocabulary)
    namer = load_namer(config, args.checkpoint, expert, vocabulary, NamingOptions(evidence, args.weight))
    scenes = NamedScenes(config, args.frames, args.every)
    if args.score is not None:
        kinds = EVIDENCE if evidence == 'both' else (evidence,)
        min_points = config.test_evaluator.get('min_points', 100)
        for kind, metrics in score_names(scenes, namer, args.score, kinds, min_points).items():
            print(f'names by {kind}')
            print_metrics(metrics)
        print_metrics(score_questions(scenes, namer, class_list(args.score).names))
        return
    objects = scenes.look(namer, scenes.index(args.scene))
    names = None if args.names is None else _names(args.names)
    found = namer.look_around(objects, args.count) if names is None else namer.find(objects, names)
    print(found_table(found, names))
    if args.picture is not None:
        print(save_named(args.picture, objects.sample, found))


def _names(text: str) -> list[str]:
    return class_names(text) if Path(text).is_file() else [name.strip() for name in text.split(',') if name.strip()]


if __name__ == '__main__':
    run(main)
