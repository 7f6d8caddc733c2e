"""Make labelled 3D gaussians of photos of a scene, with pictures from where they were taken and from between.

Writes output.ply for viewers of gaussians, cameras.json, views/*.png and, with --frames, novel/*.png and novel/*.mp4.
Several photos from different places are needed; the first one's camera is the world.

Examples:
    python tools/infer_gaussians.py a.jpg b.jpg --weights work_dirs/siu3r_tiny_rooms --config configs/siu3r_tiny_rooms.py
    python tools/infer_gaussians.py photos/ --weights siu3r_epoch100.ckpt --fx 318 --fy 318 --cx 128 --cy 128 --of-cut
    python tools/infer_gaussians.py photos/ --weights siu3r_epoch100.ckpt --frames 60 --convention siu3r
"""

import argparse
from pathlib import Path

import torch

from uniseg3d.apis.gaussian_files import FILE, GaussianFiles, write_gaussian_scene
from uniseg3d.apis.photo_gaussians import PhotoCamera, gaussians_of_photos, load_gaussian_model, prepare_photos, read_photos
from uniseg3d.io.gaussians import CONVENTIONS
from uniseg3d.utils.cli import positive_int, run


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('photos', nargs='+', help='photos, or one folder of them; the first one is the world')
    parser.add_argument('--weights', required=True, help='weight file, or the work dir of a training')
    parser.add_argument('--config', default='configs/siu3r_pair_scannet.py', help='of the model; default %(default)s')
    parser.add_argument('--out', type=Path, default=Path('work_dirs/gaussians'), help='default %(default)s')
    parser.add_argument('--size', type=positive_int, default=256, help='side of what the network sees; default %(default)s')
    for name in ('fx', 'fy', 'cx', 'cy'):
        parser.add_argument(f'--{name}', type=float, help='camera in pixels of the photos; without it the camera is estimated')
    parser.add_argument('--of-cut', action='store_true', help='the camera is that of the squares that the network sees')
    parser.add_argument('--convention', choices=CONVENTIONS, default='3dgs', help=f'of {FILE}; default %(default)s')
    parser.add_argument('--classes', default='scannet20', help='class list of the model; default %(default)s')
    parser.add_argument('--frames', type=int, default=0, help='of a flight from photo to photo; default %(default)s')
    parser.add_argument('--no-views', action='store_true', help='no pictures from where the photos were taken')
    parser.add_argument('--device', default='cuda' if torch.cuda.is_available() else 'cpu', help='default %(default)s')
    args = parser.parse_args()
    given = [getattr(args, name) is not None for name in ('fx', 'fy', 'cx', 'cy')]
    if any(given) and not all(given):
        parser.error('give all of --fx --fy --cx --cy, or none to have the camera estimated')
    return args


def main() -> None:
    args = parse_args()
    camera = None if args.fx is None else PhotoCamera(args.fx, args.fy, args.cx, args.cy, args.of_cut)
    photos = prepare_photos(read_photos(args.photos), args.size, camera, Path(args.photos[0]).stem)
    for remark in photos.remarks:
        print(remark)
    model = load_gaussian_model(args.weights, args.config).to(args.device)
    scene = gaussians_of_photos(model, photos.batch)
    wanted = GaussianFiles(args.convention, args.classes, not args.no_views, args.frames)
    for remark in write_gaussian_scene(args.out, scene, photos.batch.names[0], wanted):
        print(remark)
    focal = scene.intrinsics[0, 0, 0]
    source = 'given' if camera else 'estimated'
    print(f'{args.out / FILE}: {len(scene.gaussians)} gaussians of {len(scene.views)} photos, '
          f'{len(scene.segments)} segments, {source} focal length {focal:.0f} px of {args.size}')  # fmt: skip


if __name__ == '__main__':
    run(main)
