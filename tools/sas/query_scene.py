"""Show where a scene fits texts, by the features of a distilled network.

Example:
    python tools/sas/query_scene.py configs/sas_stage2_rooms_superpoints.py work_dirs/sas_stage2_rooms_superpoints \\
        --scene room0200_00 --text chair --text "a wooden table" --picture query.png --folder work_dirs/query

Then: uniseg3d view work_dirs/query
"""

import argparse
from pathlib import Path

from uniseg3d.apis.sas_result_files import SceneFolder
from uniseg3d.apis.sas_scenes import DistilledScenes
from uniseg3d.engine.arguments import add_overrides
from uniseg3d.engine.config import load_config
from uniseg3d.utils.cli import run
from uniseg3d.utils.errors import ConfigError
from uniseg3d.visualization.export import export_cloud
from uniseg3d.visualization.figure import save_picture
from uniseg3d.visualization.heat import draw_heat, heat_colors


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', help='of a model of type SAS; its test data are the scenes')
    parser.add_argument('checkpoint', help='weights, or a work dir: its newest good checkpoint')
    parser.add_argument('--scene', required=True, help='name of a test scene')
    parser.add_argument('--text', action='append', required=True, help='what to look for; may be given several times')
    parser.add_argument('--picture', type=Path, help='write heat maps beside the scene')
    parser.add_argument('--folder', type=Path, help='write a cloud for each text, layers of uniseg3d view')
    parser.add_argument(
        '--cloud', type=Path, help='write the points in the colours of the first text: .ply or .glb, for other viewers'
    )
    add_overrides(parser)
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    if args.picture is None and args.cloud is None and args.folder is None:
        raise ConfigError('nothing would be written; give --picture, --folder or --cloud')
    scenes = DistilledScenes(load_config(args.config, args.cfg_options), args.checkpoint)
    sample = scenes.sample(args.scene)
    fits = scenes.ask(sample, args.text)
    if args.picture is not None:
        print(save_picture(args.picture, draw_heat(sample, fits.numpy(), args.text)))
    if args.cloud is not None:
        print(export_cloud(args.cloud, sample.scene.xyz.numpy(), heat_colors(fits[0].numpy())))
    if args.folder is not None:
        files = SceneFolder(args.folder, sample, scenes.points(args.scene))
        files.add_heat(args.text, fits)
        print(files.close())


if __name__ == '__main__':
    run(main)
