"""Give the gaussians of a scan features and names: from the distilled network, or straight from the photos.

With a CHECKPOINT every gaussian takes the network's feature of the nearest point of the scan. Without one the experts of the
config look at the photos again: what they see is lifted to the centres of the gaussians and fused there.

Examples:
    python tools/sas/name_gaussians.py configs/sas_stage2_rooms_superpoints.py work_dirs/sas_stage2_rooms_superpoints \\
        --scene room0200_00 --gaussians scene.ply --out named.ply
    python tools/sas/name_gaussians.py configs/sas_stage1_rooms_superpoints.py --scene room0200_00 \\
        --gaussians output.ply --pose data/rooms/frames/room0200_00/pose/0.txt --out named.ply

Then: uniseg3d view named.ply
"""

import argparse
from pathlib import Path

from uniseg3d.apis.sas_gaussians import REACH, frame_features, name_gaussians, network_features, placed
from uniseg3d.apis.sas_scenes import DistilledScenes
from uniseg3d.apis.sas_setup import Priors
from uniseg3d.engine.arguments import add_overrides
from uniseg3d.engine.config import load_config
from uniseg3d.evaluation.table import aligned_table
from uniseg3d.io.gaussians import read_gaussians, write_gaussians
from uniseg3d.io.point_features import write_point_features
from uniseg3d.text.class_lists import class_list
from uniseg3d.utils.cli import positive_float, run


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', help='of a model of type SAS; with a section priors, where there is no checkpoint')
    parser.add_argument('checkpoint', nargs='?', help='weights, or a work dir: its newest good checkpoint')
    parser.add_argument('--scene', required=True, help='name of a scene; a test scene, where there is a checkpoint')
    parser.add_argument('--gaussians', type=Path, required=True, help='.ply of any convention')
    parser.add_argument(
        '--pose', type=Path, help='file of the camera whose frame the gaussians are in; default: that of the scan'
    )
    parser.add_argument('--reach', type=positive_float, default=REACH, help='metres to the nearest point; default %(default)s')
    parser.add_argument('--out', type=Path, required=True, help='.ply: the same gaussians with their labels')
    parser.add_argument('--features', type=Path, help='also write the features, .safetensors or .pt')
    add_overrides(parser)
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    config = load_config(args.config, args.cfg_options)
    gaussians, names = read_gaussians(args.gaussians).gaussians, class_list(config.model.get('classes', 'scannet20')).names
    places = placed(gaussians, args.pose)
    if args.checkpoint is None:
        priors = Priors(config)
        found, texts = frame_features(priors, args.scene, places), priors.texts
    else:
        scenes = DistilledScenes(config, args.checkpoint)
        found, texts = network_features(scenes, args.scene, places, args.reach), scenes.texts
    named = name_gaussians(gaussians, found, texts.classes(names))
    write_gaussians(args.out, named)
    if args.features is not None:
        write_point_features(args.features, found)
    counts = named.semantic.bincount(minlength=len(names) + 1).tolist()
    print(aligned_table(('name', 'gaussians'), [(n, str(c)) for n, c in zip(('none', *names), counts, strict=True) if c]))
    print(args.out)


if __name__ == '__main__':
    run(main)
