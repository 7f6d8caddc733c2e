"""Words that only shapes of the val rooms bring, because English has no other for them."""

NEW_NAMES = frozenset(
    'clothes clothing cooler crate double dryer drying folding footstool half moon pictures rack row sleigh sliding'
    ' stool'.split()
)
