"""A folder and an S3 bucket are the same store of files. The server of the bucket is not ours."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from stationmaster.app import App
from stationmaster.files import Away, Files, Folder, TooLarge
from stationmaster.files.bucket import Bucket, put
from stationmaster.settings import Files as FileSettings
from stationmaster.settings import Settings

KEYS = {"region": "eu-central-1", "access_key": "me", "secret_key": "a secret of mine"}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """A server that speaks S3, with a bucket in it."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    login = {"aws_access_key_id": KEYS["access_key"], "aws_secret_access_key": KEYS["secret_key"]}
    client = boto3.client("s3", endpoint_url=f"http://{host}:{port}", region_name=KEYS["region"], **login)
    client.create_bucket(Bucket="csms-files", CreateBucketConfiguration={"LocationConstraint": KEYS["region"]})
    client.close()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["folder", "bucket", "bucket with a prefix"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Files:
    if request.param == "folder":
        return Folder(tmp_path / "files")
    url = "s3://csms-files" + ("/production" if "prefix" in request.param else "")
    return Bucket(url, endpoint=request.getfixturevalue("endpoint"), **KEYS)


async def parts(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def read(store: Files, name: str, *, start: int = 0, size: int) -> bytes:
    return b"".join([chunk async for chunk in store.chunks(name, start=start, size=size)])


async def test_S1_145_what_was_kept_is_given_back_whole_or_in_part(store: Files) -> None:
    kept = await store.keep(parts(b"hello ", b"world"), limit=100)
    assert (kept.size, kept.sha256) == (11, hashlib.sha256(b"hello world").hexdigest())
    assert kept.md5 == hashlib.md5(b"hello world").hexdigest()
    assert await store.has(kept.name)
    assert await read(store, kept.name, size=11) == b"hello world"
    assert await read(store, kept.name, start=6, size=3) == b"wor"
    assert await read(store, kept.name, size=0) == b""
    await store.drop(kept.name)
    assert not await store.has(kept.name)
    await store.drop(kept.name)  # it is gone already
    with pytest.raises(FileNotFoundError):
        await read(store, kept.name, size=11)


async def test_S1_145_a_large_file_and_an_empty_one(store: Files) -> None:
    block = bytes(range(256)) * 4096
    kept = await store.keep(parts(*[block] * 12), limit=12 * len(block))
    assert kept.size == 12 * len(block)
    assert await read(store, kept.name, start=11 * len(block) - 2, size=6) == block[-2:] + block[:4]
    assert hashlib.sha256(await read(store, kept.name, size=kept.size)).hexdigest() == kept.sha256
    empty = await store.keep(parts(), limit=5)
    assert empty.size == 0 and await store.has(empty.name)


async def test_API_22_what_is_too_large_or_cut_off_is_not_there(store: Files) -> None:
    with pytest.raises(TooLarge):
        await store.keep(parts(b"x" * 60, b"x" * 60), limit=100)

    async def cut_off() -> AsyncIterator[bytes]:
        yield b"beginning"
        raise EOFError("the sender has left")

    with pytest.raises(EOFError):
        await store.keep(cut_off(), limit=100)


@pytest.mark.parametrize("name", ["../secret.key", "a/b", "", "A" * 32, "0" * 31])
async def test_API_22_only_names_of_ours_are_looked_for(store: Files, name: str) -> None:
    with pytest.raises(ValueError, match="no name of ours"):
        await read(store, name, size=1)
    with pytest.raises(ValueError, match="no name of ours"):
        await store.drop(name)


async def test_S1_145_a_bucket_that_cannot_be_reached_says_so_without_a_secret() -> None:
    away = Bucket("s3://csms-files", endpoint="http://127.0.0.1:9", **KEYS)
    with pytest.raises(Away, match=r"^files\.bucket: ") as error:
        await away.keep(parts(b"x"), limit=10)
    assert "secret of mine" not in str(error.value)
    with pytest.raises(Away):
        await away.has("0" * 32)


async def test_S1_145_a_bucket_that_is_not_there(endpoint: str) -> None:
    other = Bucket("s3://somebody-elses", endpoint=endpoint, **KEYS)
    with pytest.raises((Away, FileNotFoundError)):
        await other.keep(parts(b"x"), limit=10)


@pytest.mark.any_database
def test_S1_145_the_settings_choose_the_store(settings: Settings) -> None:
    assert isinstance(App(settings).folder, Folder)
    settings.files = settings.files.model_copy(
        update={"bucket": "s3://csms-files/production", "s3_region": "eu-west-1"}
    )
    assert isinstance(App(settings).folder, Bucket)


@pytest.mark.parametrize("bucket", ["csms-files", "https://csms-files", "s3://", "s3:///production"])
def test_S1_145_what_names_no_bucket(bucket: str) -> None:
    with pytest.raises(ValueError, match="must name a bucket"):
        FileSettings(bucket=bucket)


async def test_O_12_a_file_is_put_into_somebody_elses_bucket_under_its_own_name(endpoint: str) -> None:
    for content in (b"first", b"again"):
        await put("s3://csms-files/books/2026", "sessions-2026-11.csv", content, endpoint=endpoint, **KEYS)
    login = {"aws_access_key_id": KEYS["access_key"], "aws_secret_access_key": KEYS["secret_key"]}
    client = boto3.client("s3", endpoint_url=endpoint, region_name=KEYS["region"], **login)
    there = client.get_object(Bucket="csms-files", Key="books/2026/sessions-2026-11.csv")["Body"].read()
    client.close()
    assert there == b"again"
    with pytest.raises(Away):
        await put("s3://nobodys", "x", b"x", endpoint=endpoint, **KEYS)
