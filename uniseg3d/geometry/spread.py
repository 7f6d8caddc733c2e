"""Places spread evenly over a row."""


def spread(count: int, chosen: int) -> list[int]:
    """``chosen`` of the places 0..``count`` - 1, the first and the last among them; all, if there are no more."""
    if chosen >= count:
        return list(range(count))
    return [round(i * (count - 1) / max(chosen - 1, 1)) for i in range(chosen)]
