"""What renderers of gaussians agree on, and where two common ones differ."""

from dataclasses import dataclass

TILE = 16  # pixels; a gaussian touches pixels of the tiles that its reach meets, and no others
BLUR = 0.3  # square pixels that every footprint gains
FAINTEST = 1 / 255  # a smaller share of a pixel counts as nothing
OPAQUE = 1e-4  # transmittance below which a pixel takes no further gaussian
MARGIN = 0.3  # of half the image: how far beside the image footprints are still projected with their own slope


@dataclass(frozen=True)
class Rules:
    """The differences.

    Args:
        keeps_principal_point: cameras are as given; else a symmetric frustum of the same angles of view replaces them.
        reach_by_opacity: a gaussian reaches as far as it is visible, along each axis; else three standard deviations of its
            longer axis to all sides.
        largest_alpha: no gaussian covers a pixel more than that.
        clamps_pass_gradients: gradients take no notice of ``largest_alpha``, and take the bounded slope beside the image for
            a constant; else they are the derivatives of what is computed.
    """

    keeps_principal_point: bool
    reach_by_opacity: bool
    largest_alpha: float
    clamps_pass_gradients: bool


STANDARD = Rules(True, True, 0.999, False)  # what gsplat does
SYMMETRIC = Rules(False, False, 0.99, True)  # what SIU3R renders its colours and depths with
