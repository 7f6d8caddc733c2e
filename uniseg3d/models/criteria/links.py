"""Which queries of a scene mean the same object."""

from torch import Tensor

from uniseg3d.structures import Targets


def clicks_of_texts(targets: Targets) -> tuple[Tensor, Tensor]:
    """Sentences with a click on the same object, and the first such click: two times [m]."""
    same = targets.text_object_ids[:, None] == targets.object_ids[targets.click_instance]  # [T, K]
    first = same & (same.cumsum(1) == 1)
    text, click = first.nonzero(as_tuple=True)
    return text, click


def queries_of_clicks(matched: Tensor, targets: Targets) -> tuple[Tensor, Tensor]:
    """Scene queries that answer for the instance of a click, and the click: two times [m]; ``matched`` is bool [S, n]."""
    click, query = matched[:, targets.click_instance].T.nonzero(as_tuple=True)
    return query, click


def queries_of_texts(matched: Tensor, targets: Targets) -> tuple[Tensor, Tensor]:
    """Scene queries that answer for the object of a sentence, and the sentence: two times [m]; ``matched`` is bool [S, n]."""
    text, instance = (targets.text_object_ids[:, None] == targets.object_ids).nonzero(as_tuple=True)
    pair, query = matched[:, instance].T.nonzero(as_tuple=True)
    return query, text[pair]
