"""Blob/upload, Blob/get and Blob/lookup (RFC 9404)."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

from mailwright.protocols.jmap import capabilities
from tests.protocols.jmap.conftest import Client, MethodFailed, letter


async def _call(client: Client, name: str, **arguments: Any) -> dict[str, Any]:
    responses = await client.request((name, arguments), using=["core", "blob"])
    if responses[0][0] == "error":
        raise MethodFailed(responses[0][1])
    found: dict[str, Any] = responses[0][1]
    return found


async def test_a_blob_is_made_of_pieces_and_read_in_the_same_request(ada: Client) -> None:
    old = await ada.upload(b"0123456789")
    pieces = [{"data:asText": "Grüße "}, {"data:asBase64": "/w=="}, {"blobId": old, "offset": 2, "length": 3}]
    responses = await ada.request(
        ("Blob/upload", {"create": {"a": {"data": pieces, "type": "text/plain"}}}),
        ("Blob/upload", {"create": {"b": {"data": [{"blobId": "#a"}]}}}),
        ("Blob/get", {"ids": ["#b"], "properties": ["data", "size"]}),
        using=["core", "blob"],
    )
    assert responses[0][1]["created"]["a"]["type"] == "text/plain"
    (found,) = responses[2][1]["list"]
    octets = "Grüße ".encode() + b"\xff234"
    assert base64.b64decode(found["data:asBase64"]) == octets
    assert found["isEncodingProblem"]
    assert found["size"] == len(octets)


async def test_a_range_and_digests_of_a_blob_are_told(ada: Client) -> None:
    blob = await ada.upload(b"hello world")
    names = ["data:asText", "digest:sha", "digest:sha-256", "size"]
    (found,) = (await _call(ada, "Blob/get", ids=[blob], properties=names, offset=6, length=5))["list"]
    assert found["data:asText"] == "world"
    assert found["digest:sha"] == base64.b64encode(hashlib.sha1(b"world").digest()).decode()
    assert found["digest:sha-256"] == base64.b64encode(hashlib.sha256(b"world").digest()).decode()
    assert found["size"] == 11
    (found,) = (await _call(ada, "Blob/get", ids=[blob], offset=6, length=50))["list"]
    assert found["isTruncated"]
    assert found["data:asText"] == "world"
    assert (await _call(ada, "Blob/get", ids=["nothing"]))["notFound"] == ["nothing"]


async def test_text_that_is_none_is_null(ada: Client) -> None:
    blob = await ada.upload(b"\xff\xfe")
    (found,) = (await _call(ada, "Blob/get", ids=[blob], properties=["data:asText"]))["list"]
    assert found == {"id": blob, "data:asText": None, "isEncodingProblem": True}


async def test_what_a_blob_belongs_to_can_be_asked(ada: Client) -> None:
    message, upload = await ada.file(letter()), await ada.upload(b"x")
    ids = [f"m{message}_1", upload, "nothing"]
    answer = await _call(ada, "Blob/lookup", typeNames=["Email", "Mailbox"], ids=ids)
    assert answer["list"][0]["matchedIds"] == {"Email": [message], "Mailbox": [await ada.role("inbox")]}
    assert answer["list"][1]["matchedIds"] == {"Email": [], "Mailbox": []}
    assert answer["notFound"] == ["nothing"]
    with pytest.raises(MethodFailed) as caught:
        await _call(ada, "Blob/lookup", typeNames=["Calendar"], ids=[])
    assert caught.value.type == "unknownDataType"


async def test_blobs_of_others_are_not_there(ada: Client, bashir: Client) -> None:
    secret, message = await bashir.upload(b"secret"), await bashir.file(letter())
    for blob in (secret, f"m{message}"):
        assert (await _call(ada, "Blob/get", ids=[blob]))["notFound"] == [blob]
        assert (await _call(ada, "Blob/lookup", typeNames=["Email"], ids=[blob]))["notFound"] == [blob]
        answer = await _call(ada, "Blob/upload", create={"a": {"data": [{"blobId": blob}]}})
        assert answer["notCreated"]["a"] == {"type": "blobNotFound", "notFound": [blob]}


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"data": "x"},
        {"data": [5]},
        {"data": [{}]},
        {"data": [{"data:asText": 5}]},
        {"data": [{"data:asText": "a", "data:asBase64": "YQ=="}]},
        {"data": [{"data:asBase64": "not base64"}]},
        {"data": [{"blobId": "no id"}]},
        {"data": [{"data:asText": "x"}], "type": "nonsense"},
        {"data": [{"data:asText": "x"}] * 65},
        {"data": [{"data:asText": "x"}], "more": 1},
    ],
)
async def test_a_blob_that_cannot_be_is_refused(ada: Client, given: dict[str, Any]) -> None:
    answer = await _call(ada, "Blob/upload", create={"a": given})
    assert answer["notCreated"]["a"]["type"] == "invalidProperties"


async def test_a_range_outside_the_blob_is_refused(ada: Client) -> None:
    blob = await ada.upload(b"12345")
    for part in ({"offset": 6}, {"length": 6}, {"offset": 2, "length": 4}, {"offset": -1}, {"offset": "1"}):
        answer = await _call(ada, "Blob/upload", create={"a": {"data": [{"blobId": blob, **part}]}})
        assert answer["notCreated"]["a"]["type"] == "invalidProperties"


async def test_a_blob_that_grows_too_large_is_refused(ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailwright.protocols.jmap.blobdata.MAX_BLOB_SET_OCTETS", 10)
    answer = await _call(ada, "Blob/upload", create={"a": {"data": [{"data:asText": "x" * 6}] * 2}})
    assert answer["notCreated"]["a"]["type"] == "tooLarge"


@pytest.mark.parametrize(
    "arguments",
    [{}, {"ids": None}, {"ids": [], "offset": -1}, {"ids": [], "length": "x"}, {"ids": [], "properties": ["x"]}],
)
async def test_bad_arguments_of_get_are_named(ada: Client, arguments: dict[str, Any]) -> None:
    with pytest.raises(MethodFailed) as caught:
        await _call(ada, "Blob/get", **arguments)
    assert caught.value.type == "invalidArguments"


async def test_the_capability_tells_the_limits(ada: Client) -> None:
    found = (await ada.http.get("/jmap/session")).json()["accounts"][ada.id]["accountCapabilities"][capabilities.BLOB]
    assert found["maxDataSources"] == 64
    assert "sha" in found["supportedDigestAlgorithms"]
