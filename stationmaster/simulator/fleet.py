"""Many stations at once, playing one scenario, and a display of how they do."""

import asyncio
import random
import resource
from collections import Counter
from dataclasses import dataclass, field

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from stationmaster.simulator.charger import CannotCharge, Charger
from stationmaster.simulator.link import CannotConnect
from stationmaster.simulator.scenarios import Scenario, Stage

SHOWN = 15  # stations with a line of their own in the display
REFRESH_S = 0.5
PLAIN_REPORT_S = 10.0  # where there is no terminal to draw on


@dataclass
class Fleet:
    """Stations and what they play: their own of `plays`, else `scenario`. `failures` fills with what went wrong, station by station.

    `ramp_s`: simulated seconds over which they are switched on; none: as each scenario has it.
    """

    stations: list[Charger]
    scenario: Scenario
    tokens: tuple[str, ...] = ("RFID1", "RFID2", "RFID3")
    seed: int = 0
    left_alone: frozenset[str] = frozenset()
    plays: dict[str, Scenario] = field(default_factory=dict)
    ramp_s: float | None = None
    failures: dict[str, str] = field(default_factory=dict)
    finished: int = 0

    async def run(self) -> None:
        """Switch all on, one after the other, and play until the scenario ends, if it does."""
        allow_many_connections(len(self.stations))
        async with asyncio.TaskGroup() as group:
            for place, station in enumerate(self.stations):
                scenario = self.plays.get(station.identity, self.scenario)
                ramp_s = scenario.STAGGER_S if self.ramp_s is None else self.ramp_s
                delay_s = ramp_s * place / len(self.stations)
                group.create_task(self._play(station, scenario, delay_s), name=f"{station.identity} scenario")

    async def _play(self, station: Charger, scenario: Scenario, delay_s: float) -> None:
        await station.clock.sleep(delay_s)
        chance = random.Random(f"{station.identity}/{self.seed}/scenario")
        try:
            async with station:
                await scenario.play(station, Stage(self.tokens, chance, station.identity in self.left_alone))
        except (CannotConnect, CannotCharge) as error:
            self.failures[station.identity] = str(error)
        self.finished += 1

    # -- display -------------------------------------------------------------------------------------------------------

    async def show(self, console: Console) -> None:
        """Keep a live picture on the terminal, or a line now and then where there is none. Never ends."""
        if not console.is_terminal:
            while True:
                await asyncio.sleep(PLAIN_REPORT_S)
                console.print(self.summary(), *self.troubles(), sep="\n", highlight=False, soft_wrap=True)
        with Live(console=console, refresh_per_second=4) as live:
            while True:
                live.update(self.picture())
                await asyncio.sleep(REFRESH_S)

    def summary(self) -> str:
        """How the fleet does, in one line."""
        stations = self.stations
        ready = sum(station.is_ready for station in stations)
        posts = [post for station in stations for post in station.connectors.values()]
        power_kw = sum(post.outlet.power_w for post in posts) / 1000
        charging = sum(post.transaction is not None for post in posts)
        sent = sum(station.counters.sent.total() for station in stations)
        waiting = sum(station.waiting_messages for station in stations)
        parts = [
            f"{ready} of {len(stations)} chargers online",
            f"{charging} sessions, {power_kw:.1f} kW",
            f"{sent} messages sent",
        ]
        if waiting:
            parts.append(f"{waiting} waiting")
        if self.finished:
            parts.append(f"{self.finished} finished, {len(self.failures)} of them in vain")
        return " · ".join(parts)

    def troubles(self) -> list[str]:
        """What keeps stations from being online: the three commonest sentences."""
        sentences = (
            self.failures.get(station.identity) or (None if station.is_ready else station.trouble)
            for station in self.stations
        )
        return [sentence for sentence, _ in Counter(filter(None, sentences)).most_common(3)]

    def picture(self) -> Group:
        """The same with a line for each of the first stations, and what troubles them."""
        table = Table(box=None, pad_edge=False, header_style="dim")
        for title in ("Charger", "", "Connector", "Power", "Register", "Sent", "Queue"):
            table.add_column(title, justify="right" if title in ("Power", "Register", "Sent", "Queue") else "left")
        for station in self.stations[:SHOWN]:
            self._add_rows(table, station)
        lines: list[Table | Text] = [Text(self.summary(), style="bold"), table]
        if len(self.stations) > SHOWN:
            lines.append(Text(f"… and {len(self.stations) - SHOWN} more", style="dim"))
        lines += [Text(trouble, style="red") for trouble in self.troubles()]
        return Group(*lines)

    def _add_rows(self, table: Table, station: Charger) -> None:
        online = Text("online", style="green") if station.is_ready else Text("offline", style="red")
        for post in station.connectors.values():
            first = post.number == 1
            style = {"Charging": "green", "Faulted": "red", "Available": "dim"}.get(post.status, "yellow")
            table.add_row(
                station.identity if first else "",
                online if first else "",
                Text(f"{post.number} {post.status}", style=style),
                f"{post.outlet.power_w / 1000:.1f} kW" if post.outlet.power_w else "",
                f"{post.outlet.register_wh / 1000:.2f} kWh",
                str(station.counters.sent.total()) if first else "",
                str(station.waiting_messages) if first else "",
            )


def allow_many_connections(count: int) -> None:
    """Ask the system for as many open files as there will be sockets."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + 200
    if soft != resource.RLIM_INFINITY and soft < wanted:
        limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
