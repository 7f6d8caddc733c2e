"""How long a click and a sentence take about a scene that is open: in a viewer, what people wait for.

Without a scan a procedural room is made and sampled as densely as wanted.

Examples:
    python tools/time_prompts.py --points 100000
    python tools/time_prompts.py my_scan.ply --weights work_dirs/uniseg3d_1xb4_rooms --config uniseg3d_1xb4_rooms
"""

import argparse
from pathlib import Path

from uniseg3d.apis.prompt_latency import dense_room, prompt_latency
from uniseg3d.apis.scene_inferencer import SceneInferencer
from uniseg3d.io.clouds import read_cloud
from uniseg3d.utils.cli import positive_int, run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        'scan', type=Path, nargs='?', help='any format of uniseg3d infer, in metres; default: a procedural room'
    )
    parser.add_argument('--points', type=positive_int, default=100_000, help='of the procedural room; default %(default)s')
    parser.add_argument('--config', help='default: that of the model rooms-points, which comes with the package')
    parser.add_argument('--weights', help='default: rooms-points')
    parser.add_argument('--device', default='cpu', help='default %(default)s')
    parser.add_argument('--rounds', type=positive_int, default=10, help='of which the middle is printed; default %(default)s')
    args = parser.parse_args()
    cloud = dense_room(args.points) if args.scan is None else read_cloud(args.scan)
    found = prompt_latency(SceneInferencer(args.config, args.weights, args.device), cloud, args.rounds)
    for name, latency in found.items():
        print(f'another {name}: {latency.wall:.1f} ms ({latency.processor:.1f} ms of the processor)')


if __name__ == '__main__':
    run(main)
