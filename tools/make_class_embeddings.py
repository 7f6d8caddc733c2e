"""Turn a list of class names into the embeddings that an open-class model compares with.

examples:
  python tools/make_class_embeddings.py scannet200 --out work_dirs/scannet200.safetensors
  python tools/make_class_embeddings.py my_classes.txt --weights work_dirs/ckpts/model_best.pth --out my_classes.pth
"""

import argparse
from pathlib import Path

from uniseg3d.apis.class_embeddings import DEFAULT_WEIGHTS, class_names, make_class_embeddings
from uniseg3d.text.templates import TEMPLATES
from uniseg3d.utils.cli import run


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('classes', help='a class list, or a text file: one class a line, synonyms behind commas')
    parser.add_argument('--out', type=Path, required=True, help='.pth (one tensor) or .safetensors (with the names)')
    parser.add_argument('--model', default='convnext_large_d_320', help='open_clip model; default %(default)s')
    parser.add_argument(
        '--weights', default=DEFAULT_WEIGHTS, help='file of the model, or a UniSeg3D checkpoint; default %(default)s'
    )
    parser.add_argument('--templates', choices=TEMPLATES, default='rooms', help='sentences around a name; default %(default)s')
    parser.add_argument('--device', default='cpu', help='default %(default)s')
    parser.add_argument(
        '--cache', type=Path, default=Path('work_dirs/class_embeddings'), help='folder of earlier results; default %(default)s'
    )
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    names = class_names(args.classes)
    made = make_class_embeddings(names, args.out, args.model, args.weights, args.templates, args.device, args.cache)
    print(f'{args.out}: {made.shape[0]} classes x {made.shape[1]} prototypes x {made.shape[2]} channels')


if __name__ == '__main__':
    run(main)
