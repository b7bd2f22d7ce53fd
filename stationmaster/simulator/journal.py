"""A station's memory on disk, and what a checker reads from it.

One JSON object a line, handed to the operating system before the station goes on: it survives the end of the
simulator's process at any moment (not a power cut of the machine, which is not what it is for). The order is the
promise: a CALL is written before it is sent, its CALLRESULT is written before the station forgets the CALL.

Lines, by their `k`:

- `queued`: a transaction message joined the queue; `n` is its number, with action, payload and `tx`, the station's own
  name for the transaction. If it is the first of it, `opens` has connector, token, register (Wh) and time; if it is the
  last, `closes` has register and time. In one line, because a crash between two would tear them apart
- `live`: any other CALL, about to be sent; never repeated after a restart
- `sent`: a message is about to be sent, under this message id; one line for each attempt
- `answered`: its CALLRESULT arrived, with the payload
- `error`: a CALLERROR arrived, with the code; `dropped`: the station gave the message up
- `register`: the register of a connector (Wh), as last read
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import msgspec

Payload = dict[str, Any]


class Journal:
    """Append-only. Open it again after a crash: `Ledger.read(path)` tells what was left to do."""

    def __init__(self, path: Path) -> None:
        self.path = path
        _cut_torn_line(path)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def write(self, kind: str, **fields: Any) -> None:
        """Append one line. When this returns, the operating system has it."""
        line = msgspec.json.encode({"k": kind, **fields}) + b"\n"
        written = os.write(self._file, line)
        if written != len(line):
            raise OSError(f"Only {written} of {len(line)} bytes could be written to {self.path}.")

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Entry(msgspec.Struct, kw_only=True):
    """One CALL of the station and its fate."""

    number: int
    action: str
    payload: Payload  # as last sent: a transaction id learnt meanwhile is in it
    transaction: str | None
    live: bool
    ids: list[str] = []
    answer: Payload | None = None
    errors: list[str] = []
    dropped: bool = False

    @property
    def acknowledged(self) -> bool:
        return self.answer is not None

    @property
    def waiting(self) -> bool:
        """Still in the queue: neither answered nor given up."""
        return not self.live and not self.acknowledged and not self.dropped


class JournalledTransaction(msgspec.Struct, kw_only=True):
    """One charging transaction as the station saw it. Registers in Wh; `meter_stop_wh` is None while it is open."""

    key: str  # the station's own number for it
    connector: int
    token: str | None
    meter_start_wh: int
    started_at: str
    meter_stop_wh: int | None = None
    stopped_at: str | None = None
    transaction_id: int | str | None = None  # as the central system (1.6) or the station (2.x) named it
    entries: list[Entry] = []

    @property
    def energy_wh(self) -> int | None:
        return None if self.meter_stop_wh is None else self.meter_stop_wh - self.meter_start_wh


class Ledger(msgspec.Struct, kw_only=True):
    """All that a journal says."""

    transactions: dict[str, JournalledTransaction] = {}
    entries: dict[int, Entry] = {}
    registers_wh: dict[int, int] = {}

    @staticmethod
    def read(path: Path) -> "Ledger":
        """Read a journal; a half-written last line counts as never written. A missing file is an empty journal."""
        ledger = Ledger()
        for line in _lines(path):
            ledger._take(line)
        return ledger

    @property
    def waiting(self) -> list[Entry]:
        """The queue, in order."""
        return [entry for entry in self.entries.values() if entry.waiting]

    @property
    def acknowledged(self) -> list[Entry]:
        return [entry for entry in self.entries.values() if entry.acknowledged]

    @property
    def open_transactions(self) -> list[JournalledTransaction]:
        return [each for each in self.transactions.values() if each.meter_stop_wh is None]

    def _take(self, line: Payload) -> None:
        kind = line["k"]
        if kind == "register":
            self.registers_wh[line["connector"]] = line["wh"]
        elif kind in ("queued", "live"):
            self._add(line, live=kind == "live")
        else:
            self._happened(self.entries[line["n"]], line)

    def _add(self, line: Payload, *, live: bool) -> None:
        if opens := line.get("opens"):
            self.transactions[line["tx"]] = JournalledTransaction(
                key=line["tx"],
                connector=opens["connector"],
                token=opens["token"],
                meter_start_wh=opens["wh"],
                started_at=opens["at"],
                transaction_id=opens.get("id"),
            )
            self.registers_wh[opens["connector"]] = opens["wh"]
        if closes := line.get("closes"):
            transaction = self.transactions[line["tx"]]
            transaction.meter_stop_wh = closes["wh"]
            transaction.stopped_at = closes["at"]
            self.registers_wh[transaction.connector] = closes["wh"]
        entry = Entry(
            number=line["n"],
            action=line["action"],
            payload=line["payload"],
            transaction=line.get("tx"),
            live=live,
        )
        self.entries[entry.number] = entry
        if entry.transaction is not None:
            self.transactions[entry.transaction].entries.append(entry)

    def _happened(self, entry: Entry, line: Payload) -> None:
        kind = line["k"]
        if kind == "sent":
            entry.ids.append(line["id"])
            entry.payload = line.get("payload", entry.payload)
        elif kind == "answered":
            entry.answer = line["payload"]
            if entry.action == "StartTransaction" and entry.transaction is not None:
                self.transactions[entry.transaction].transaction_id = line["payload"].get("transactionId")
        elif kind == "error":
            entry.errors.append(line["code"])
        elif kind == "dropped":
            entry.dropped = True


def _lines(path: Path) -> Iterator[Payload]:
    if not path.exists():
        return
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield msgspec.json.decode(line)


def _cut_torn_line(path: Path) -> None:
    """Remove a half-written last line, so that the next one starts on its own."""
    if not path.exists():
        return
    with path.open("rb+") as file:
        content = file.read()
        if content and not content.endswith(b"\n"):
            file.truncate(content.rfind(b"\n") + 1)
