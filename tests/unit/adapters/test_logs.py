"""Logs tell whose they are, and neither secrets nor anybody's words."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from aurax.adapters.telemetry.activities import stage_of, subject_of
from aurax.adapters.telemetry.fields import bound
from aurax.adapters.telemetry.logs import configure_logs
from aurax.adapters.telemetry.redaction import HIDDEN, Redactor, private
from aurax.errors import InvalidPrompt, ServiceUnavailable
from aurax.services.people.api_key import new_key
from aurax.services.request import SongRequest
from aurax.services.task import SongTask
from aurax.services.understand import understand
from aurax.settings import Settings

PROMPT = "a zebra waltz for grandmother"


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    """AURA-X's own logger; what is configured is undone afterwards."""
    loggers = [logging.getLogger(name) for name in ("", "aurax", "temporalio")]
    levels, handlers = [one.level for one in loggers], loggers[0].handlers[:]
    yield logging.getLogger("aurax.test")
    loggers[0].handlers[:] = handlers
    for one, level in zip(loggers, levels, strict=True):
        one.setLevel(level)


def configured(**settings: Any) -> io.StringIO:
    """Where the lines go."""
    stream = io.StringIO()
    configure_logs(Settings.load(**{"log_format": "json", **settings}), stream)
    return stream


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    """The documents that were written."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_each_line_is_one_document_with_what_is_bound(log: logging.Logger) -> None:
    stream = configured()
    with bound(song="abc", take=2, session=None):
        log.info("it is\ndone", extra={"fields": {"took_s": 1.5}})
    (line,) = lines(stream)
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "info",
        "logger": "aurax.test",
        "message": "it is\ndone",
        "song": "abc",
        "take": 2,
        "took_s": 1.5,
    }


def test_a_line_for_people_holds_nothing_that_a_terminal_obeys(log: logging.Logger) -> None:
    stream = configured(log_format="text")
    with bound(song="abc"):
        log.warning("a \x1b[31mred\nword")
    assert stream.getvalue().endswith("warning aurax.test a \\x1b[31mred\\x0aword song=abc\n")


def test_lines_below_the_level_are_not_written(log: logging.Logger) -> None:
    stream = configured(log_level="warning")
    log.info("all is well")
    assert stream.getvalue() == ""


def test_debug_lines_do_not_let_other_libraries_write_whole_payloads(log: logging.Logger) -> None:
    stream = configured(log_level="debug")
    logging.getLogger("temporalio.worker._workflow").debug("Received workflow activation:\n%s", PROMPT)
    logging.getLogger("sqlalchemy.engine").info("INSERT … %s", PROMPT)
    assert stream.getvalue() == ""


def test_an_error_that_can_quote_a_prompt_is_told_by_type_and_place(log: logging.Logger) -> None:
    stream = configured()
    try:
        raise InvalidPrompt("a wish", repr(PROMPT), "write another")
    except InvalidPrompt:
        log.exception("it failed")
    (line,) = lines(stream)
    assert line["error"].startswith("InvalidPrompt at test_logs.py:")
    assert "zebra" not in stream.getvalue()


def test_an_error_of_machines_keeps_its_words_through_its_chain(log: logging.Logger) -> None:
    stream = configured()
    try:
        try:
            raise ServiceUnavailable("the database to answer", "nothing", "start it")
        except ServiceUnavailable as error:
            raise RuntimeError(PROMPT) from error
    except RuntimeError:
        log.exception("it failed")
    (line,) = lines(stream)
    assert "ServiceUnavailable: expected the database to answer; found nothing; start it" in line["error"]
    assert "zebra" not in line["error"]


def test_an_operator_may_ask_for_all_words(log: logging.Logger) -> None:
    stream = configured(log_private=True)
    try:
        raise InvalidPrompt("a wish", repr(PROMPT), "write another")
    except InvalidPrompt:
        log.exception("it failed")
    assert PROMPT in lines(stream)[0]["error"]


def test_a_message_of_temporals_library_loses_the_words_of_the_error_in_it(log: logging.Logger) -> None:
    stream = configured()
    logging.getLogger("temporalio.activity").warning(
        f"Completing as failure during heartbeat with error of type X: {PROMPT}"
    )
    assert lines(stream)[0]["message"] == "Completing as failure during heartbeat with error of type X"


def test_ids_that_temporals_library_adds_become_fields(log: logging.Logger) -> None:
    stream = configured()
    details = {"workflow_id": "song-1", "workflow_run_id": "run-1", "activity_type": "mix_stems", "other": PROMPT}
    logging.getLogger("temporalio.activity").warning("it failed", extra={"temporal_activity": details})
    (line,) = lines(stream)
    assert (line["workflow"], line["run"], line["activity"]) == ("song-1", "run-1", "mix_stems")
    assert "other" not in line


def test_secrets_of_settings_and_environment_are_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURAX_DATABASE_URL", "postgresql://aurax:pass%40word@db/aurax")
    monkeypatch.setenv("AURAX_PAYLOAD_KEY", "a:first-secret,second-secret")
    environment = {
        "AWS_SECRET_ACCESS_KEY": "aws-secret",
        "TEMPORAL_API_KEY": "cloud-secret",
        "OTEL_EXPORTER_OTLP_HEADERS": "authorization=otel-secret",
        "HTTPS_PROXY": "http://me:proxy-secret@proxy:3128",
        "TEMPORAL_TLS_CLIENT_KEY_PATH": "/etc/tls/key.pem",
    }
    redact = Redactor.of(Settings.load(), environment)
    hidden = ["pass%40word", "pass@word", "first-secret", "second-secret", "aws-secret", "cloud-secret", "otel-secret"]
    assert redact(" ".join([*hidden, "proxy-secret"])).split() == [HIDDEN] * (len(hidden) + 1)
    assert redact("see /etc/tls/key.pem") == "see /etc/tls/key.pem"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://me:secret@host/db", f"postgresql://{HIDDEN}@host/db"),
        ("GET /a?X-Amz-Signature=abc123&x=1", f"GET /a?X-Amz-Signature={HIDDEN}&x=1"),
        ("Authorization: Bearer abc.def", f"Authorization: Bearer {HIDDEN}"),
        ("bearer abc.def", f"bearer {HIDDEN}"),
    ],
)
def test_logins_and_grants_are_hidden_wherever_they_stand(text: str, shown: str) -> None:
    assert Redactor()(text) == shown


def test_an_api_key_is_hidden_and_its_id_is_not() -> None:
    issued = new_key()
    assert Redactor()(f"refused {issued.text}") == f"refused {issued.text.rpartition('_')[0]}_{HIDDEN}"


def test_words_are_hidden_only_within_their_block() -> None:
    with private(PROMPT, None, "lo"):
        inside = Redactor()(f"found '{PROMPT}', lo")
    assert (inside, Redactor()(PROMPT)) == (f"found '{HIDDEN}', lo", PROMPT)


def test_what_an_activity_works_for_is_read_from_its_argument() -> None:
    request = SongRequest(prompt="warm lofi, 84 bpm", seed=3)
    task = SongTask(song_id="a" * 32, request=request, intent=understand(request))
    about = subject_of([task])
    assert about.song == "a" * 32
    assert "warm lofi, 84 bpm" in about.words


@pytest.mark.parametrize(
    ("activity", "stage"), [("analyze", "intent"), ("render_track", "render"), ("end_song", ""), ("mix_stems", "mix")]
)
def test_the_stage_of_an_activity_is_in_its_name(activity: str, stage: str) -> None:
    assert stage_of(activity) == stage
