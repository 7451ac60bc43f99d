"""Local workers are out of reach of other users: no port, no service but theirs, sockets in a folder of mode 0700."""

from __future__ import annotations

import errno
import json
import os
import re
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote

import apache_beam as beam
import grpc
import pytest
from apache_beam.portability.api import beam_artifact_api_pb2 as artifacts
from apache_beam.portability.api import beam_artifact_api_pb2_grpc as artifact_services
from apache_beam.portability.api import beam_provision_api_pb2 as provision
from apache_beam.portability.api import beam_provision_api_pb2_grpc as provision_services
from apache_beam.portability.api import beam_runner_api_pb2 as api
from apache_beam.runners.portability.fn_api_runner.fn_runner import ExtendedProvisionInfo

from pipeline.engines.choice import make_engine
from pipeline.engines.sockets import SocketManager, SocketServer
from pipeline.storage import scratch
from tests.support.command import ROOT
from tests.support.listening import listening

STRANGER = 65534
ODD_NAMES = ["tmp", "a b%20é#?", "long " + 30 * "name"]


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Path]:
    """The command's temporary folder, by a name of the parameter."""
    folder = tmp_path / getattr(request, "param", "tmp")
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    yield folder
    scratch.remove_folders()
    scratch._socket_place.cache_clear()


@pytest.fixture
def server(temporary: Path) -> Iterator[SocketServer]:
    served = SocketServer(SocketManager({}, ExtendedProvisionInfo()))
    yield served
    served.close()


def note_listening(number: int, folder: str, engine: int) -> None:
    """Runs on a worker: notes what it and the engine's process listen on."""
    seen = [sorted(found) for found in listening(engine)]
    Path(folder, str(number)).write_text(json.dumps([os.getpid(), *seen]))


@pytest.mark.parametrize("temporary", ODD_NAMES, indirect=True)
def test_an_engine_with_workers_opens_no_port(temporary: Path, tmp_path: Path) -> None:
    """Whatever the temporary folder is called, also by a path that is too long for a socket."""
    before, engine = listening(os.getpid()), make_engine(2, str(tmp_path / "log"))
    (tmp_path / "seen").mkdir()
    pipeline = engine.pipeline()
    numbers = pipeline | beam.Create(range(8)) | beam.Reshuffle()
    numbers | beam.Map(note_listening, str(tmp_path / "seen"), os.getpid())
    engine.execute(pipeline)
    seen = [json.loads(file.read_text()) for file in (tmp_path / "seen").iterdir()]
    assert len(seen) == 8 and os.getpid() not in {pid for pid, *_ in seen}
    for _, ports, paths in seen:
        ours = set(paths) - before[1]
        assert set(ports) <= before[0]
        assert {os.path.basename(path) for path in ours} == {"control", "data", "state"}
    assert not any(name.startswith("sockets-") for name in os.listdir(temporary))


def test_one_worker_has_no_socket_at_all(tmp_path: Path) -> None:
    engine, before = make_engine(1, str(tmp_path / "log")), listening(os.getpid())
    pipeline = engine.pipeline()
    pipeline | beam.Create([0]) | beam.Map(note_listening, str(tmp_path), os.getpid())
    engine.execute(pipeline)
    assert json.loads((tmp_path / "0").read_text()) == [os.getpid(), *map(sorted, before)]


def test_every_pass_runs_on_the_engine() -> None:
    """So that what holds for the engine holds for every command."""
    users = {file.relative_to(ROOT).as_posix() for file in (ROOT / "pipeline").rglob("*.py") if _makes_pipelines(file)}
    assert users == {
        f"pipeline/engines/{name}.py" for name in ("engine", "local", "flex_template")
    }  # the last on Dataflow alone


def _makes_pipelines(file: Path) -> bool:
    return bool(re.search(r"beam\.Pipeline\(|Runner\(|grpc\.server\(", file.read_text())) and file.name != "sockets.py"


def test_the_folder_is_of_this_user_alone(server: SocketServer) -> None:
    found = os.lstat(server.folder)
    assert (stat.S_IMODE(found.st_mode), found.st_uid) == (0o700, os.geteuid())
    assert sorted(os.listdir(server.folder)) == ["control", "data", "state"]


def connect_as(user: int, path: str) -> int:
    """The number of the error that another user gets who connects to a socket; 0 for none."""
    child = os.fork()
    if not child:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
        os._exit(socket.socket(socket.AF_UNIX).connect_ex(path))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_process_of_another_user_is_refused_by_the_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where all that is around it, and the sockets themselves, are open to all."""
    with TemporaryDirectory(dir="/tmp") as around:
        os.chmod(around, 0o755)
        monkeypatch.setattr("tempfile.tempdir", around)
        server = SocketServer(SocketManager({}, ExtendedProvisionInfo()))
        path = unquote(server.control_port.removeprefix("unix:"))
        os.chmod(path, 0o777)
        if os.geteuid() == 0:  # nobody else can become another user
            assert connect_as(STRANGER, path) == errno.EACCES
            os.chmod(server.folder, 0o711)
            assert connect_as(STRANGER, path) == 0  # so it was the folder that refused
        server.close()


@pytest.mark.parametrize("port", ["control_port", "data_port", "state_port"])
def test_no_service_hands_out_files(server: SocketServer, port: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    payload = api.ArtifactFilePayload(path=str(secret)).SerializeToString()
    wanted = api.ArtifactInformation(type_urn="beam:artifact:type:file:v1", type_payload=payload)
    with grpc.insecure_channel(getattr(server, port)) as channel:
        retrieval = artifact_services.ArtifactRetrievalServiceStub(channel)
        for ask in (
            lambda: list(retrieval.GetArtifact(artifacts.GetArtifactRequest(artifact=wanted), timeout=300)),
            lambda: retrieval.ResolveArtifacts(artifacts.ResolveArtifactsRequest(artifacts=[wanted]), timeout=300),
            lambda: provision_services.ProvisionServiceStub(channel).GetProvisionInfo(
                provision.GetProvisionInfoRequest(), timeout=300
            ),
        ):
            with pytest.raises(grpc.RpcError) as refused:
                ask()
            assert refused.value.code() == grpc.StatusCode.UNIMPLEMENTED
