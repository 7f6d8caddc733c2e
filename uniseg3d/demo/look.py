"""How a scene is drawn: what people may change about it."""

from dataclasses import dataclass

from uniseg3d.demo.controls import Control


@dataclass
class Look:
    """Settings of one page."""

    point_size: float = 0.03  # metres
    height: float = 1.0  # share of the scene that is shown, from the floor up
    opacity: float = 1.0  # of labels over the colours of the scan
    tags: bool = False
    seed: int = 0  # of colours that only tell apart
    least_confidence: float = 1.0  # that networks give; 1 is the least there is
    local: bool = False
    as_gaussians: bool = True
    cameras: bool = True
    camera_size: float = 0.1  # metres


LOOKS = (
    Control('point_size', 'point size', (0.002, 0.1, 0.002)),
    Control('height', 'show up to height', (0.1, 1.0, 0.01), lambda shown: shown.gaussians is None, 'below a ceiling'),
    Control('opacity', 'label opacity', (0.0, 1.0, 0.05)),
    Control('tags', 'names in the scene'),
    Control('least_confidence', 'least confidence', (1.0, 10.0, 0.1), lambda shown: shown.confidence is not None),
    Control(
        'local',
        'local pointmaps',
        (),
        lambda shown: shown.local_xyz is not None,
        'as each photo alone places its points',
    ),
    Control('as_gaussians', 'gaussians', (), lambda shown: shown.gaussians is not None),
    Control('cameras', 'cameras', (), lambda shown: bool(shown.cameras)),
    Control('camera_size', 'camera size', (0.02, 1.0, 0.02), lambda shown: bool(shown.cameras)),
)
