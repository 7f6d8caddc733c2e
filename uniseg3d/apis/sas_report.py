"""What the stages measured, for people to read."""

from collections.abc import Sequence

from uniseg3d.apis.sas_capability import capabilities
from uniseg3d.apis.sas_setup import Priors
from uniseg3d.evaluation.table import aligned_table


def capability_table(priors: Priors, experts: Sequence[str] | None = None) -> str:
    """Capability of each expert for each class of the vocabulary."""
    names = priors.expert_names(experts)
    values = capabilities(priors, names)
    rows = [(name, *values[:, i].tolist()) for i, name in enumerate(priors.names)]
    return aligned_table(('capability', *names), [*rows, ('mean', *values.mean(1).tolist())])
