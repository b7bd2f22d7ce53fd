"""`stationmaster backup` and `restore`: one file that holds what an installation is made of, at one moment."""

from __future__ import annotations

import contextlib
import os
import tarfile
import tempfile
import zlib
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from stationmaster.installation_key import SecretKey, keep_key
from stationmaster.settings import BadSettings, Settings, load
from stationmaster.storage import Database, Unusable, backups, migrations, only
from stationmaster.storage.engines import normalised

FORMAT = 1
KEPT = ("manifest.json", "database", "secret.key")  # beside the folder of files


class Manifest(msgspec.Struct, frozen=True):
    """What a backup says of itself. `revision` is that of the schema."""

    format: int
    version: str
    revision: str
    database: str
    made_at: datetime
    with_key: bool


def back_up(file: Path | None, *, with_key: bool) -> None:
    """Write the backup; nothing stands under its name before it is whole and on the disk."""
    settings = load()
    file = file or Path(f"stationmaster-{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}.tar.gz")
    if file.exists():
        raise BadSettings(f"{file} exists already")
    if with_key and settings.security.key is not None:
        raise BadSettings(
            "--with-key: the key stands in the settings, not in a file of ours; keep a copy of the settings"
        )
    on_disk = backups.file_of(normalised(settings.database.url))
    if on_disk is not None and not on_disk.exists():
        raise Unusable(f"database.url: there is no {on_disk}")
    database = Database(settings.database.url)
    partial = file.with_name(file.name + ".partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as written:
            _write(written, settings, database, partial.parent, with_key=with_key)
            written.flush()
            os.fsync(written.fileno())
        partial.rename(file)
    finally:
        partial.unlink(missing_ok=True)
        database.close()
    print(f"backup {file}, {file.stat().st_size / 1e6:,.1f} MB")
    if not with_key:
        print(f"The secret key is not in it: keep a copy of {settings.security.key_file} elsewhere.")


def _write(written: Any, settings: Settings, database: Database, folder: Path, *, with_key: bool) -> None:
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=folder) as room:
        copy = Path(room) / "database"
        revision = migrations.current(database.engine)
        if revision is None:
            raise Unusable("database.url: the database is empty; there is nothing to back up")
        backups.copy(database.url, copy)
        manifest = Manifest(FORMAT, version("stationmaster"), revision, database.kind, datetime.now(UTC), with_key)
        (Path(room) / "manifest.json").write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
        with tarfile.open(fileobj=written, mode="w:gz", compresslevel=4, dereference=True) as archive:
            archive.add(Path(room) / "manifest.json", "manifest.json")
            archive.add(copy, "database")
            if with_key:
                archive.add(settings.security.key_file, "secret.key")
            if settings.files.bucket is None:
                _add_files(archive, settings.files.folder)


def _add_files(archive: tarfile.TarFile, folder: Path) -> None:
    """All that is there. Who runs the server may remove some of them meanwhile."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with contextlib.suppress(FileNotFoundError):
                archive.add(path, f"files/{path.relative_to(folder)}")


def restore(file: Path) -> None:
    """Put a backup back, where nothing is yet: database, files, and the secret key if it is in it."""
    settings = load()
    url, files = normalised(settings.database.url), settings.files.folder
    if settings.files.bucket is None and files.exists() and any(files.iterdir()):
        raise BadSettings(f"files.folder: {files} is not empty; move it away first")
    kind = url.get_backend_name()
    near = (backups.file_of(url) or files).parent
    near.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=near) as room:
        manifest = _unpack(file, Path(room))
        if manifest.database != kind:
            raise BadSettings(f"database.url: this backup is of {manifest.database}, the settings name {kind}")
        if manifest.revision > migrations.head():
            raise Unusable(
                f"the backup is at {manifest.revision}, this program knows {migrations.head()}: restore it with version"
                f" {manifest.version} or a newer one"
            )
        database = Database(settings.database.url)
        claim = only.claim(database.url, alone=True)
        try:
            backups.put_back(database.url, Path(room) / "database")
            migrations.upgrade(database.engine, tenant_role=database.tenant_role)
        finally:
            claim.release()
            database.close()
        if (Path(room) / "files").exists() and settings.files.bucket is None:
            if files.exists():
                files.rmdir()
            (Path(room) / "files").rename(files)
        _put_key_back(Path(room) / "secret.key", settings)
    print(f"restored: what was at {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC")
    print(
        "Chargers tell again what they have not been answered for. Sessions that ended since then are open: ask their chargers."
    )


def _unpack(file: Path, room: Path) -> Manifest:
    """Everything in it, into this folder. Raises `BadSettings` when it is no backup of ours."""
    if not file.exists():
        raise BadSettings(f"{file}: there is no such file")
    try:
        with tarfile.open(file, "r:gz") as archive:
            for member in archive:
                if member.name in KEPT or member.name.split("/")[0] == "files":
                    archive.extract(member, room, filter="data")
        manifest = msgspec.json.decode((room / "manifest.json").read_bytes(), type=Manifest)
    except (tarfile.TarError, EOFError, zlib.error, OSError, msgspec.DecodeError) as error:
        raise BadSettings(f"{file} is no backup, or a part of one ({type(error).__name__})") from None
    if manifest.format != FORMAT:
        raise BadSettings(f"{file} was made by a newer program, version {manifest.version}")
    return manifest


def _put_key_back(key: Path, settings: Settings) -> None:
    own = settings.security.key_file
    if not key.exists():
        if settings.security.key is None and not own.exists():
            print(f"The secret key was not in it: put your copy back as {own} before you start.")
    elif settings.security.key is not None or own.exists():
        print("There is a secret key already, so the one in the backup was left out.")
    else:
        keep_key(settings, SecretKey(key.read_bytes().strip(), made_now=True, name=str(own)))
