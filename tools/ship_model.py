"""Make a trained checkpoint one of the small models that come with the package, or replace one, in one command.

Writes uniseg3d/weights/NAME.safetensors in half precision (8 MB at most) and its line in uniseg3d/weights/shipped.json: config,
digest, licence, numbers, and the words that training heard, by which the model says which names it cannot know. What is not
given stays as it is for that name. Test before, so that there are numbers:

  python tools/test.py CONFIG WORK_DIR --work-dir WORK_DIR/tested

examples:
  python tools/ship_model.py rooms-points work_dirs/uniseg3d_1xb4_rooms_long --config configs/uniseg3d_1xb4_rooms_long.py
  python tools/ship_model.py rooms-points work_dirs/my_open_model --config configs/uniseg3d_1xb4_rooms_open.py \\
      --what "scans: all six tasks and free names on procedural rooms; a demonstration, not a model of real scans" \\
      --measured work_dirs/my_open_model/tested --sentences data/rooms/ScanRefer_filtered_train.json \\
      --recipe "bash tools/quickstart.sh" --recipe "python tools/train.py configs/uniseg3d_1xb4_rooms_open.py"
"""

import argparse
from dataclasses import replace
from pathlib import Path

from uniseg3d.apis.checkpoints import SYSTEMS, WHOLE_MODEL
from uniseg3d.apis.shipped import ShippedModel, shipped_models
from uniseg3d.apis.shipping import heard_words, measured, ship_model
from uniseg3d.utils.cli import positive_int, run
from uniseg3d.utils.errors import ConfigError


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('name', help='what people will call it: rooms-points, rooms-photos, or a new name')
    parser.add_argument('source', type=Path, help='checkpoint, or work dir of the training')
    parser.add_argument('--config', required=True, help='file in configs/ that it was trained with')
    parser.add_argument('--system', choices=SYSTEMS, default=WHOLE_MODEL, help='whose names; default %(default)s')
    parser.add_argument('--what', help='one line: what it answers, what it learned, and that it is a demonstration')
    parser.add_argument('--size', type=positive_int, help='long side of photos that it sees')
    parser.add_argument('--licence', help='default: as before, of a new one Apache-2.0')
    parser.add_argument('--recipe', action='append', metavar='COMMAND', help='that makes it again; repeat for each step')
    parser.add_argument('--measured', type=Path, metavar='WORK_DIR', help='of tools/test.py, whose numbers are taken')
    parser.add_argument('--keys', nargs='+', help='which numbers; default: as before')
    parser.add_argument(
        '--sentences', type=Path, metavar='JSON', help='ScanRefer file of the training, of a model of free names'
    )
    parser.add_argument('--out', type=Path, metavar='FOLDER', help="another folder than the package's, to look first")
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    done = ship_model(described(args), args.source, args.out, args.system)
    print(f'{done.name}: {done.digest}; try it: uniseg3d info {done.name}')


def described(args: argparse.Namespace) -> ShippedModel:
    """The line about it: what is said, else what was said before."""
    before = shipped_models().get(args.name)
    if before is None and not (args.what and args.recipe):
        raise ConfigError(f'{args.name} is new: say --what it is, and by which --recipe it is made')
    known = before or ShippedModel(args.name, args.config, '', None, 'Apache-2.0', '', ())
    reached = known.reached if args.measured is None else measured(args.measured, args.keys or list(known.reached))
    heard = () if args.sentences is None else heard_words(args.sentences)
    changes = {'what': args.what, 'size': args.size, 'licence': args.licence, 'recipe': args.recipe and tuple(args.recipe)}
    said = {name: value for name, value in changes.items() if value is not None}
    return replace(known, config=args.config, reached=reached, heard=heard, **said)


if __name__ == '__main__':
    run(main)
