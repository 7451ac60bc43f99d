"""A stand-in for Cloud Storage: its JSON API on this machine, as far as Beam and its client library use it."""

from __future__ import annotations

import base64
import email
import hashlib
import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from itertools import count
from typing import Any
from urllib.parse import quote

import google_crc32c

from tests.support.fake_http import Reply, Request, Route, answer, answer_json, not_found, request_of

BUCKET = r"/storage/v1/b/([^/]+)"
OBJECT = BUCKET + r"/o/([^/]+)"
PRECONDITION_FAILED = answer_json({"error": {"code": 412, "message": "At least one condition didn't hold"}}, 412)
LARGEST_PAGE = 1000  # objects of one answer to a listing


@dataclass(frozen=True)
class Stored:
    content: bytes
    updated: str
    generation: int = 1


@dataclass
class Storage:
    """Buckets by name, each with its objects by theirs; `address` is where they are served."""

    buckets: dict[str, dict[str, Stored]] = field(default_factory=dict)
    uploads: dict[str, tuple[str, str, bytearray]] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    generations: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def routes(self) -> list[Route]:
        return [
            ("POST", "/token", self.give_token),
            ("GET", BUCKET, self.describe_bucket),
            ("GET", BUCKET + "/o", self.list_objects),
            ("GET", "(?:/download)?" + OBJECT, self.get),
            ("DELETE", OBJECT, self.delete),
            ("POST", OBJECT + "/rewriteTo/b/([^/]+)/o/([^/]+)", self.rewrite),
            ("POST", OBJECT + "/copyTo/b/([^/]+)/o/([^/]+)", self.copy),
            ("POST", "(?:/resumable)?/upload" + BUCKET + "/o", self.upload),
            ("PUT", "(?:/resumable)?/upload" + BUCKET + "/o", self.go_on_uploading),
            ("POST", "/batch/storage/v1", self.batch),
        ]

    def put(self, bucket: str, name: str, content: bytes) -> Reply:
        updated = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        self.buckets[bucket][name] = Stored(content, updated, next(self.generations))
        return answer_json(self.describe(bucket, name))

    def describe(self, bucket: str, name: str) -> dict[str, Any]:
        stored = self.buckets[bucket][name]
        return {
            "kind": "storage#object",
            "bucket": bucket,
            "name": name,
            "generation": str(stored.generation),
            "size": str(len(stored.content)),
            "updated": stored.updated,
            "timeCreated": stored.updated,
            "md5Hash": _base64(hashlib.md5(stored.content).digest()),
            "crc32c": _base64(google_crc32c.Checksum(stored.content).digest()),
        }

    def give_token(self, _: Request) -> Reply:
        return answer_json({"access_token": "token", "expires_in": 3600, "token_type": "Bearer"})

    def describe_bucket(self, _: Request, bucket: str) -> Reply:
        if bucket not in self.buckets:
            return not_found(bucket)
        return answer_json({"kind": "storage#bucket", "id": bucket, "name": bucket, "projectNumber": "1"})

    def list_objects(self, request: Request, bucket: str) -> Reply:
        if bucket not in self.buckets:
            return not_found(bucket)
        after, prefix = request.query.get("pageToken", ""), request.query.get("prefix", "")
        names = [name for name in sorted(self.buckets[bucket]) if name.startswith(prefix) and name > after]
        most = int(request.query.get("maxResults", LARGEST_PAGE))
        page = {"kind": "storage#objects", "items": [self.describe(bucket, name) for name in names[:most]]}
        return answer_json(page | ({"nextPageToken": names[most - 1]} if len(names) > most else {}))

    def get(self, request: Request, bucket: str, name: str) -> Reply:
        if name not in self.buckets.get(bucket, {}):
            return not_found(name)
        if request.query.get("alt") != "media":
            return answer_json(self.describe(bucket, name))
        self.requests.append(request)
        return _content(self.buckets[bucket][name].content, request.headers.get("Range", ""))

    def is_other(self, request: Request, bucket: str, name: str) -> bool:
        """Returns whether the object has another generation than the request; a missing object has 0."""
        stored, wanted = self.buckets[bucket].get(name), request.query.get("ifGenerationMatch")
        return wanted is not None and int(wanted) != (stored.generation if stored else 0)

    def delete(self, request: Request, bucket: str, name: str) -> Reply:
        if self.is_other(request, bucket, name):
            return PRECONDITION_FAILED
        return Reply(204) if self.buckets.get(bucket, {}).pop(name, None) else not_found(name)

    def copy(self, _: Request, bucket: str, name: str, to_bucket: str, to_name: str) -> Reply:
        stored = self.buckets.get(bucket, {}).get(name)
        return self.put(to_bucket, to_name, stored.content) if stored else not_found(name)

    def rewrite(self, request: Request, *names: str) -> Reply:
        reply = self.copy(request, *names)
        if reply.status != 200:
            return reply
        resource = json.loads(reply.body)
        sizes = {"objectSize": resource["size"], "totalBytesRewritten": resource["size"]}
        return answer_json({"kind": "storage#rewriteResponse", "done": True, "resource": resource} | sizes)

    def upload(self, request: Request, bucket: str) -> Reply:
        """An object in one request, or the begin of one in many."""
        if bucket not in self.buckets:
            return not_found(bucket)
        if request.query["uploadType"] == "multipart":
            metadata, content = _two_parts(request)
            name = json.loads(metadata)["name"]
            return PRECONDITION_FAILED if self.is_other(request, bucket, name) else self.put(bucket, name, content)
        key, name = uuid.uuid4().hex, request.query.get("name") or json.loads(request.body)["name"]
        self.uploads[key] = bucket, name, bytearray()
        place = f"http://{request.headers['Host']}{quote(request.path)}?uploadType=resumable&upload_id={key}"
        return Reply(headers={"Location": place})

    def go_on_uploading(self, request: Request, _: str) -> Reply:
        bucket, name, content = self.uploads[request.query["upload_id"]]
        content += request.body
        if request.headers.get("Content-Range", "").endswith("/*"):
            return Reply(308, headers={"Range": f"bytes=0-{len(content) - 1}"})
        return self.put(bucket, name, bytes(content))

    def batch(self, request: Request) -> Reply:
        """Many requests in one: each part is one, and so is each part of the answer."""
        replies = [_as_part(number, answer(self.routes, _inner(part))) for number, part in enumerate(_parts(request))]
        body = b"".join(b"--part\r\n" + reply for reply in replies) + b"--part--\r\n"
        return Reply(body=body, headers={"Content-Type": "multipart/mixed; boundary=part"})


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


def _content(content: bytes, asked: str) -> Reply:
    """All of it, or the range `bytes=first-last` that was asked for."""
    if not asked:
        return Reply(body=content)
    first, last = asked.removeprefix("bytes=").split("-")
    begin, end = int(first), min(int(last or len(content)) + 1, len(content))
    if begin >= len(content):
        return Reply(416)
    return Reply(206, content[begin:end], {"Content-Range": f"bytes {begin}-{end - 1}/{len(content)}"})


def _two_parts(request: Request) -> tuple[bytes, bytes]:
    """The contents of a multipart body of two, the second of any bytes."""
    (boundary,) = re.findall('boundary="?([^";]+)', request.headers["Content-Type"])
    _, first, rest = request.body.split(f"--{boundary}\r\n".encode(), 2)
    second = rest.removesuffix(f"\r\n--{boundary}--".encode())
    return first.partition(b"\r\n\r\n")[2], second.partition(b"\r\n\r\n")[2]


def _parts(request: Request) -> list[Message]:
    """The parts of a multipart body of text."""
    head = b"Content-Type: " + request.headers["Content-Type"].encode() + b"\r\n\r\n"
    return email.message_from_bytes(head + request.body).get_payload()  # type: ignore[return-value]


def _inner(part: Message) -> Request:
    """The request that is the content of a part; of those in batches none has a body that matters."""
    method, target, _ = str(part.get_payload()).splitlines()[0].split()
    return request_of(method, target, {}, b"")


def _as_part(number: int, reply: Reply) -> bytes:
    head = f"Content-Type: application/http\r\nContent-ID: <response-{number}>\r\n\r\nHTTP/1.1 {reply.status} -\r\n"
    return head.encode() + b"Content-Type: application/json\r\n\r\n" + reply.body + b"\r\n"
