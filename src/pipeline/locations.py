"""Where the files that come with the program lie, in a checkout and in an installed wheel, and where weights go."""

import os
from pathlib import Path

_PACKAGE = Path(__file__).parent
_CHECKOUT = _PACKAGE.parent.parent
_SHIPPED = _PACKAGE / "shipped"
"""Inside a wheel: what a checkout has at its top."""


def sample_night() -> Path:
    """The folder of the sample night."""
    shipped = _SHIPPED / "sample"
    return shipped if shipped.is_dir() else _CHECKOUT / "data" / "sample"


def model_manifest() -> Path:
    """The TOML file that lists the models that can be fetched."""
    shipped = _SHIPPED / "models" / "manifest.toml"
    return shipped if shipped.is_file() else _CHECKOUT / "models" / "manifest.toml"


def pair_model() -> Path:
    """The trained judge of pairs that story clustering goes by."""
    shipped = _SHIPPED / "models" / "pairs.safetensors"
    return shipped if shipped.is_file() else _CHECKOUT / "models" / "story-pairs" / "pairs.safetensors"


def consistency_model() -> Path:
    """The folder of the adapter that the checker reads with: one that lies beside the weights, else the shipped one."""
    places = (model_folder() / "consistency", _SHIPPED / "models" / "consistency")
    return next((place for place in places if place.is_dir()), _CHECKOUT / "models" / "consistency")


def model_folder() -> Path:
    """Where fetched weights go: `NEWSFOLD_MODELS`, else `models/` of the checkout, else the user's data folder."""
    if chosen := os.environ.get("NEWSFOLD_MODELS"):
        return Path(chosen)
    if (_CHECKOUT / "models" / "manifest.toml").is_file():
        return _CHECKOUT / "models"
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "newsfold" / "models"
