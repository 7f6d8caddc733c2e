"""One family of errors. Each says what is wrong, where, what was expected, and what to do."""


class UniSeg3DError(Exception):
    """Base of every error that a user can cause; command lines print it as one sentence, without a traceback."""


class DataError(UniSeg3DError):
    """Scene data that cannot be used as it is: wrong length, range, type or missing labels."""


class FileFormatError(DataError):
    """A file that is truncated, corrupt or not of the format its name promises."""


class ConfigError(UniSeg3DError):
    """A config field or command-line value that is unknown or makes no sense."""


class CheckpointError(UniSeg3DError):
    """Weights that are missing, unsafe, unreadable or do not fit the model."""


class MissingPackageError(UniSeg3DError, ImportError):
    """An optional package that is not installed."""


class DivergenceError(UniSeg3DError):
    """A loss that is not finite."""


class BusyError(UniSeg3DError):
    """Too much work is waiting already; the same request may succeed later."""
