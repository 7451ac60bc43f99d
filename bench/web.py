"""A web of pictures on this machine: nginx on an address of 127.0.0.0/8 for each host."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.measure import CommandFailed
from bench.pictures import write_files

ROBOTS = "User-agent: *\nDisallow: /private/\n"
CONFIG = """\
daemon off; pid {folder}/pid; error_log {folder}/errors crit;
worker_processes 1; worker_rlimit_nofile {files};
events {{ worker_connections {files}; }}
http {{
  access_log off; keepalive_requests 1000000; types {{ image/jpeg jpg; text/plain txt; }}
  {places}
  server {{ {listen} root {root}; }}
}}
"""
PLACES = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")  # folders that nginx makes at its start


@dataclass(frozen=True)
class Web:
    """So many pictures, on any number of hosts up to as many as are served."""

    hosts: list[str]
    port: int
    pictures: list[Path]

    def urls(self, hosts: int, count: int) -> list[str]:
        """Returns the URLs of `count` pictures, spread over so many hosts."""
        names = [path.name for path in self.pictures[:count]]
        return [f"http://{self.hosts[number % hosts]}:{self.port}/{name}" for number, name in enumerate(names)]


@contextmanager
def serving(folder: Path, hosts: int, pictures: int, nginx: str) -> Iterator[Web]:
    """Serves a web while the block runs. Raises CommandFailed if nginx is not there or doesn't start."""
    program = shutil.which(nginx)
    if program is None:
        raise CommandFailed(f"{nginx} is not there: apt-get install nginx-light, or name it with --nginx=PATH")
    web = Web([_address(number) for number in range(hosts)], _free_port(), write_files(folder / "root", pictures))
    (folder / "root" / "robots.txt").write_text(ROBOTS)
    config = folder / "nginx.conf"
    config.write_text(_config(folder.resolve(), web))
    with subprocess.Popen([program, "-c", config.resolve()], stderr=subprocess.PIPE, text=True) as process:
        try:
            _wait(process, web)
            yield web
        finally:
            process.terminate()


def _address(number: int) -> str:
    return f"127.88.{number // 250}.{number % 250 + 1}"


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port


def _config(folder: Path, web: Web) -> str:
    return CONFIG.format(
        folder=folder,
        root=folder / "root",
        files=4 * len(web.hosts) + 2000,
        listen=" ".join(f"listen {host}:{web.port};" for host in web.hosts),
        places=" ".join(f"{name}_temp_path {folder}/{name};" for name in PLACES),
    )


def _wait(process: subprocess.Popen[str], web: Web) -> None:
    while process.poll() is None:
        try:
            socket.create_connection((web.hosts[-1], web.port), 10).close()
            return
        except ConnectionRefusedError:
            continue
    raise CommandFailed(f"nginx: {process.stderr.read().strip() if process.stderr else ''}")
