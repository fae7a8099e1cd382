"""A learned model in a run: who reads its file."""

import os
from typing import Final

from detection.detectors.learned import Learned
from detection.learned.inputs import FEATURES
from detection.learned.model_file import LARGEST, ModelError, model_of
from exercise_config import SettingError
from run.rule_files import OpenFile

_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def use_model(detector: Learned, path: str, open_file: OpenFile) -> str:
    """Have the detector score with the model in a file. Return a line for the user.

    Raises:
        SettingError: the file cannot be read, or is no model that can be used.
    """
    try:
        with os.fdopen(open_file(path, _FLAGS), "rb") as opened:
            text = opened.read(LARGEST + 1)
        model = model_of(text, [feature.name for feature in FEATURES])
    except OSError as error:
        raise SettingError(f"learned_model: {path} cannot be read: {error.strerror}") from error
    except ModelError as error:
        learn = f"exercise.py learn --labels FILE --model {path}"
        raise SettingError(f"learned_model: {path} {error}; make it again: {learn}") from error
    detector.use(model)
    return f"learned: a model of {model.good:,} good and {model.bad:,} bad exchanges will be applied"
