"""MusicGen in all its published versions: by size, mono or stereo, with or without a melody to follow."""

from __future__ import annotations

from aurax.engines.engine import Condition, Engine, EngineContext, EngineInfo, EngineSpec
from aurax.engines.extras import packages_of
from aurax.engines.licence import Licence
from aurax.engines.weights.source import WeightsSource
from aurax.errors import MissingWeights

_CONDITIONS: frozenset[Condition] = frozenset({"text", "duration", "seed", "continuation"})


def _spec(name: str, size: str, *, aliases: tuple[str, ...] = ()) -> EngineSpec:
    stereo, melody = "stereo" in name, "melody" in name
    info = EngineInfo(
        name=name,
        title=f"MusicGen, {size} parameters, {'stereo' if stereo else 'mono'}"
        + (", can follow a melody" if melody else ""),
        kind="generator",
        licence=Licence(
            name="CC-BY-NC-4.0",
            commercial=False,
            notice="What MusicGen's weights play must not be used commercially, and Meta AI must be named.",
            source=f"https://huggingface.co/facebook/{name}",
        ),
        sample_rate=32_000,
        channels=2 if stereo else 1,
        longest_s=600.0,
        streams=True,
        conditions=_CONDITIONS | {"melody"} if melody else _CONDITIONS,
        aliases=aliases,
        extra="neural",
    )

    def load(context: EngineContext) -> Engine:
        _require_weights(info, context)
        with packages_of(info):
            from aurax.engines.musicgen.musicgen_engine import load_musicgen
        return load_musicgen(info, context)

    published = WeightsSource(f"facebook/{name}", ("*.safetensors", "*.safetensors.index.json", "*.json", "*.model"))
    return EngineSpec(info, load, published)


def _require_weights(info: EngineInfo, context: EngineContext) -> None:
    folder = context.folder(info.name)
    if not (folder / "config.json").is_file():
        raise MissingWeights(
            f"the weights of {info.name} in {folder}",
            "no config.json" if folder.is_dir() else "no such folder",
            f"run 'aurax fetch {info.name}', or copy the files of facebook/{info.name} from Hugging Face into it "
            "(config.json, the .safetensors, tokenizer.json, tokenizer_config.json)",
        )


ENGINES = (
    _spec("musicgen-small", "300 million", aliases=("musicgen",)),
    _spec("musicgen-medium", "1.5 billion"),
    _spec("musicgen-large", "3.3 billion"),
    _spec("musicgen-melody", "1.5 billion"),
    _spec("musicgen-melody-large", "3.3 billion"),
    _spec("musicgen-stereo-small", "300 million"),
    _spec("musicgen-stereo-medium", "1.5 billion"),
    _spec("musicgen-stereo-large", "3.3 billion"),
    _spec("musicgen-stereo-melody", "1.5 billion"),
    _spec("musicgen-stereo-melody-large", "3.3 billion"),
)
