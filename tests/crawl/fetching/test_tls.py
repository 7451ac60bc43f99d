"""Certificates: those that hold, and those that don't."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.fetching import ask
from tests.support.scripted_server import address, redirect, reply


@pytest.fixture(scope="module")
def host():
    return address()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory, host):
    return write_certificate(tmp_path_factory.mktemp("tls") / "own.pem", host)


def write_certificate(path, host, days=1):
    """A certificate that signs itself, with its key; valid until so many days from now."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - datetime.timedelta(days=9)).not_valid_after(
        now + datetime.timedelta(days=days)
    )
    builder = builder.add_extension(names, critical=True)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    made = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made + private)
    return path


def serve(servers, certificate, host, **options):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return servers.site({"/a": reply()}, host=host, tls=context, **options)


def test_one_that_nobody_vouches_for(servers, certificate, host):
    site = serve(servers, certificate, host)
    found = ask(site.url("/a"), site.url("/b"))
    assert found.statuses == ["tls", "tls"]
    assert ask(site.url("/a"), robots=False).statuses == ["tls"]
    assert not site.asked


def test_one_that_the_machine_trusts(servers, certificate, host, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    site = serve(servers, certificate, host)
    assert ask(site.url("/a")).statuses == ["ok"]


def test_one_for_another_host(servers, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert ask(serve(servers, certificate, address()).url("/a")).statuses == ["tls"]


def test_one_that_is_over(servers, tmp_path, monkeypatch, host):
    over = write_certificate(tmp_path / "over.pem", host, days=-1)
    monkeypatch.setenv("SSL_CERT_FILE", str(over))
    assert ask(serve(servers, over, host).url("/a")).statuses == ["tls"]


def test_certificates_that_are_not_checked(servers, certificate, host):
    assert ask(serve(servers, certificate, host).url("/a"), verify=False).statuses == ["ok"]


def test_a_redirect_to_one_that_does_not_hold(servers, certificate, host):
    secure = serve(servers, certificate, host)
    site = servers.site({"/a": redirect(secure.url("/a"))})
    assert ask(site.url("/a")).statuses == ["tls"]


def test_a_port_that_does_not_speak_it():
    with socket.create_server((address(), 0)) as listening:
        threading.Thread(target=lambda: listening.accept()[0].sendall(b"HTTP/1.1 400 Said\r\n\r\n")).start()
        url = "https://{}:{}/a".format(*listening.getsockname())
        assert ask(url, tries=1).statuses == ["tls"]


def test_a_handshake_that_is_not_answered():
    with socket.socket() as listening:
        listening.bind((address(), 0))
        listening.listen()  # the machine accepts, and nobody answers
        url = "https://{}:{}/a".format(*listening.getsockname())
        assert ask(url, connect=0.5, tries=1, robots=False).statuses == ["connect"]
