from __future__ import annotations

import asyncio
import datetime
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from temporalio.service import TLSConfig

from aurax.adapters.temporal.client import connect
from aurax.adapters.temporal.server_options import configured_options
from aurax.errors import InvalidOption, ServiceUnavailable
from aurax.settings import Settings

KEY = "a-key-that-nobody-may-read"


@pytest.fixture(autouse=True)
def nothing_configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("ADDRESS", "NAMESPACE", "API_KEY", "PROFILE", "TLS", "TLS_CLIENT_CERT_PATH", "TLS_CLIENT_KEY_PATH"):
        monkeypatch.delenv(f"TEMPORAL_{name}", raising=False)
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", str(tmp_path / "none.toml"))


def configure(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"TEMPORAL_{name}", value)


def test_an_api_key_turns_tls_on(monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, ADDRESS="ns.a1b2c.tmprl.cloud:7233", NAMESPACE="ns.a1b2c", API_KEY=KEY)
    assert configured_options() == {
        "target_host": "ns.a1b2c.tmprl.cloud:7233",
        "namespace": "ns.a1b2c",
        "api_key": KEY,
        "tls": True,
    }


def test_certificates_are_read_from_their_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("cert", "key", "ca"):
        (tmp_path / name).write_bytes(name.encode())
    configure(
        monkeypatch,
        ADDRESS="temporal.example:7233",
        TLS_CLIENT_CERT_PATH=str(tmp_path / "cert"),
        TLS_CLIENT_KEY_PATH=str(tmp_path / "key"),
        TLS_SERVER_CA_CERT_PATH=str(tmp_path / "ca"),
        TLS_SERVER_NAME="inner.example",
    )
    tls = configured_options()["tls"]
    assert isinstance(tls, TLSConfig)
    assert (tls.client_cert, tls.client_private_key, tls.server_root_ca_cert, tls.domain) == (
        b"cert",
        b"key",
        b"ca",
        "inner.example",
    )


def test_a_profile_is_read_from_temporals_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "temporal.toml"
    file.write_text(f'[profile.studio]\naddress = "cloud.example:7233"\nnamespace = "studio"\napi_key = "{KEY}"\n')
    configure(monkeypatch, CONFIG_FILE=str(file), PROFILE="studio")
    options = configured_options()
    assert (options["target_host"], options["namespace"], options["tls"]) == ("cloud.example:7233", "studio", True)


def test_a_file_that_cannot_be_read_is_told_without_its_lines(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "temporal.toml"
    file.write_text(f'[profile.default]\naddress = "x:1"\napi_key = "{KEY}\n')
    configure(monkeypatch, CONFIG_FILE=str(file))
    with pytest.raises(InvalidOption) as refused:
        configured_options()
    assert KEY not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_missing_certificate_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    configure(monkeypatch, ADDRESS="x:1", TLS_CLIENT_CERT_PATH=str(tmp_path / "gone.pem"), TLS_CLIENT_KEY_DATA="k")
    with pytest.raises(InvalidOption, match=r"gone\.pem"):
        configured_options()


def test_a_profile_without_an_address_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "temporal.toml"
    file.write_text('[profile.studio]\nnamespace = "studio"\n')
    configure(monkeypatch, CONFIG_FILE=str(file), PROFILE="studio")
    with pytest.raises(InvalidOption, match="TEMPORAL_ADDRESS"):
        configured_options()


def test_no_api_key_goes_out_without_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, ADDRESS="cloud.example:7233", API_KEY=KEY, TLS="false")
    with pytest.raises(InvalidOption, match="TLS") as refused:
        configured_options()
    assert KEY not in str(refused.value)
    configure(monkeypatch, ADDRESS="127.0.0.1:7233")
    assert configured_options()["tls"] is False


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    """An authority, and certificates of a server on 127.0.0.1 and of a client, that it signed."""
    authority_key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")])
    now = datetime.datetime.now(datetime.UTC)

    def sign(subject: str, key: ec.EllipticCurvePrivateKey, *, is_authority: bool = False) -> bytes:
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        )
        return builder.sign(authority_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    (tmp_path / "ca.pem").write_bytes(sign("authority", authority_key, is_authority=True))
    for subject in ("server", "client"):
        key = ec.generate_private_key(ec.SECP256R1())
        (tmp_path / f"{subject}.pem").write_bytes(sign(subject, key))
        (tmp_path / f"{subject}.key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
    return tmp_path


async def test_a_server_that_asks_for_a_certificate_gets_the_configured_one(
    monkeypatch: pytest.MonkeyPatch, certificates: Path
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "server.pem", certificates / "server.key")
    context.load_verify_locations(certificates / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    context.set_alpn_protocols(["h2"])
    shown: list[str] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        certificate = writer.get_extra_info("peercert")
        shown.append(dict(pair[0] for pair in certificate["subject"])["commonName"])
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    configure(
        monkeypatch,
        ADDRESS=f"127.0.0.1:{port}",
        TLS_CLIENT_CERT_PATH=str(certificates / "client.pem"),
        TLS_CLIENT_KEY_PATH=str(certificates / "client.key"),
        TLS_SERVER_CA_CERT_PATH=str(certificates / "ca.pem"),
        TLS_SERVER_NAME="localhost",
    )
    settings = Settings.load(data_dir=certificates, payload_key="A" * 43 + "=")
    async with server:
        with pytest.raises(ServiceUnavailable):
            async with asyncio.timeout(30):
                await connect(settings)  # it speaks no Temporal
    assert shown[0] == "client"
