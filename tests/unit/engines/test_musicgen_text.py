import json
from pathlib import Path

import pytest
import torch
from builders.musicgen_checkpoints import save_tiny_checkpoint, tiny_model
from safetensors.torch import load_file, save_file
from transformers import T5EncoderModel

from aurax.engines.musicgen.parts import load_part
from aurax.engines.musicgen.text import TextEncoder
from aurax.errors import BadCheckpoint, InvalidOption, MissingWeights

torch.set_num_threads(1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return save_tiny_checkpoint(tmp_path / "musicgen-small", "mono")


def change_json(file: Path, **values: object) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


def text_config(folder: Path) -> dict[str, object]:
    return json.loads((folder / "config.json").read_text())["text_encoder"]


def test_a_prompt_becomes_the_hidden_states_of_the_checkpoints_own_encoder(folder: Path):
    ids = torch.tensor([[4, 5, 15, 16, 1]])
    with torch.inference_mode():
        wanted = tiny_model("mono").text_encoder(input_ids=ids).last_hidden_state[0]
    hidden = TextEncoder.load(folder, "cpu").encode("lofi techno 120 bpm")
    assert hidden.shape == (5, 16)
    torch.testing.assert_close(hidden, wanted, atol=1e-6, rtol=0)


def test_other_words_give_other_states(folder: Path):
    encoder = TextEncoder.load(folder, "cpu")
    assert not torch.equal(encoder.encode("calm piano"), encoder.encode("dark techno"))


def test_what_old_configurations_say_besides_does_no_harm(folder: Path):
    old = {"architectures": ["T5ForConditionalGeneration"], "is_encoder_decoder": True, "n_positions": 512}
    old |= {"bad_words_ids": None, "use_bfloat16": False, "torch_dtype": None, "task_specific_params": {"a": {"b": 1}}}
    wanted = TextEncoder.load(folder, "cpu").encode("lofi")
    change_json(folder / "config.json", text_encoder=text_config(folder) | old)
    assert torch.equal(TextEncoder.load(folder, "cpu").encode("lofi"), wanted)


@pytest.mark.parametrize("stated_by", ["tokenizer", "encoder", "nobody"])
def test_a_prompt_over_the_encoders_length_is_refused_and_never_cut(folder: Path, stated_by: str):
    limit = 512 if stated_by == "nobody" else 12
    if stated_by == "tokenizer":
        change_json(folder / "tokenizer_config.json", model_max_length=12)
    elif stated_by == "encoder":
        change_json(folder / "config.json", text_encoder=text_config(folder) | {"n_positions": 12})
    encoder = TextEncoder.load(folder, "cpu")
    fits = "beat " * (limit - 1)
    assert encoder.encode(fits).shape[0] == limit
    with pytest.raises(InvalidOption, match=f"at most {limit} tokens.*found {limit + 1} tokens"):
        encoder.encode(fits + "beat")


def test_nothing_is_written_to_the_terminal(folder: Path, capfd: pytest.CaptureFixture[str]):
    TextEncoder.load(folder, "cpu").encode("beat")
    assert capfd.readouterr() == ("", "")


def test_shards_are_read_by_their_index(folder: Path):
    whole = TextEncoder.load(folder, "cpu").encode("lofi")
    tensors = load_file(folder / "model.safetensors")
    names = sorted(tensors)
    shards = {"a.safetensors": names[::2], "b.safetensors": names[1::2]}
    for file, held in shards.items():
        save_file({name: tensors[name] for name in held}, folder / file)
    (folder / "model.safetensors").unlink()
    weight_map = {name: file for file, held in shards.items() for name in held}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}))
    assert torch.equal(TextEncoder.load(folder, "cpu").encode("lofi"), whole)
    (folder / "b.safetensors").unlink()
    with pytest.raises(BadCheckpoint, match=r"no b\.safetensors"):
        TextEncoder.load(folder, "cpu")


def test_an_index_cannot_lead_out_of_its_folder(folder: Path):
    weight_map = {"text_encoder.shared.weight": "../elsewhere.safetensors"}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}))
    with pytest.raises(BadCheckpoint, match="points to"):
        TextEncoder.load(folder, "cpu")


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_missing_file_is_named(folder: Path, missing: str):
    (folder / missing).unlink()
    with pytest.raises(MissingWeights, match=missing):
        TextEncoder.load(folder, "cpu")


def test_a_broken_tokenizer_is_refused(folder: Path):
    (folder / "tokenizer.json").write_text("{")
    with pytest.raises(BadCheckpoint, match="tokenizer"):
        TextEncoder.load(folder, "cpu")


def test_another_text_encoder_is_refused(folder: Path):
    change_json(folder / "config.json", text_encoder={"model_type": "bert"})
    with pytest.raises(BadCheckpoint, match="T5"):
        TextEncoder.load(folder, "cpu")


def test_only_the_asked_part_is_built(folder: Path):
    names = {name.split(".")[0] for name, _ in load_part(folder, "text_encoder", T5EncoderModel).named_parameters()}
    assert names == {"shared", "encoder"}
