"""The image in which the functions run: exactly pinned packages, and this program as it is here."""

from __future__ import annotations

import os
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import modal
from modal.mount import ROOT_DIR

from aurax.adapters.modal.functions import WEIGHTS_DIR
from aurax.adapters.modal.sound import is_shared

PYTHON = "3.11"

PACKAGES = (
    "demucs==4.1.0",
    "diffusers==0.42.1",
    "huggingface_hub==2.4.0",
    "mutagen==1.48.1",
    "numpy==2.4.6",
    "obstore==0.12.1",
    "onnxruntime==1.32.0",
    "platformdirs==4.14.7",
    "pydantic==2.14.3",
    "pydantic-settings==2.16.3",
    "safetensors==0.8.0",
    "scipy==1.17.1",
    "soundfile==0.14.0",
    "soxr==1.1.0",
    # On Linux, the plain wheel is the one for CUDA.
    "torch==2.13.0",
    "transformers==5.23.0",
)

_NOT_SHIPPED = ["**/__pycache__", "**/*.pyc", "**/direct_url.json", "**/uv_*.json"]


def objects_url() -> str | None:
    """The shared object store, where there is one; the functions learn it when they are deployed."""
    location = os.environ.get("AURAX_OBJECTS_URL")
    return location if is_shared(location) else None


def hub_secret_wanted() -> bool:
    """Whether there is a secret with a token of the Hugging Face Hub (`AURAX_MODAL_HUB_SECRET=1`)."""
    return os.environ.get("AURAX_MODAL_HUB_SECRET", "") not in ("", "0")


def build_image() -> modal.Image:
    """The image. This program is added at the start of each container, so a change of it builds no image."""
    environment = {
        "AURAX_WEIGHTS_FOLDER": WEIGHTS_DIR,
        "AURAX_DATA_DIR": "/tmp/aurax",
        # Weights come from the Volume alone; only `fetch_weights` goes to the network.
        "HF_HUB_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        # The memory snapshot is taken where there is no GPU; torch must not find that out for good.
        "PYTORCH_NVML_BASED_CUDA_CHECK": "1",
    }
    location = objects_url()
    if location is not None:
        environment["AURAX_OBJECTS_URL"] = location
    if hub_secret_wanted():
        environment["AURAX_MODAL_HUB_SECRET"] = "1"
    image = modal.Image.debian_slim(python_version=PYTHON).uv_pip_install(*PACKAGES).env(environment)
    # Fonts, tables and small models are next to the code, so files of every kind go along.
    image = image.add_local_python_source("aurax", ignore=_NOT_SHIPPED)
    metadata = _metadata_folder()
    if metadata is None:
        return image
    # Without the metadata of the distribution, its entry points, and so all engines, would not be found there.
    return image.add_local_dir(metadata, (ROOT_DIR / metadata.name).as_posix(), ignore=_NOT_SHIPPED)


def _metadata_folder() -> Path | None:
    try:
        files = distribution("aurax").files or []
    except PackageNotFoundError:
        return None
    found = next((file for file in files if file.name == "METADATA"), None)
    return None if found is None else Path(str(found.locate())).parent
