"""The brokers that the line is measured on, each as it keeps what it has acknowledged."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from core.settings import Settings
from tallyport.services import ServiceFailed, data_home, running_server
from tallyport.services.mosquitto import MosquittoPlan, MosquittoServer, program
from tallyport.services.nats import NatsPlan, NatsServer


class BrokerName(StrEnum):
    """A broker that we can run."""

    NATS = "nats"
    """Ours: an fsync before each PUBACK, unless TALLYPORT_BROKER_SYNC says otherwise."""
    MOSQUITTO = "mosquitto"
    """Keeps its messages in memory, and a snapshot of them every half hour, as it comes."""


AS_IT_COMES: Final = {"autosave_on_changes": "false", "autosave_interval": "1800"}


@dataclass(frozen=True, slots=True)
class RunningBroker:
    """A broker's address; its name and process where it is one of ours."""

    url: str
    name: str = ""
    keeps: str = "given by TALLYPORT_MQTT_URL"
    """How it keeps what it has acknowledged."""
    pid: int | None = None


def brokers_here(settings: Settings) -> list[BrokerName | None]:
    """The brokers to measure where nobody chose: the one that the settings name (None), else all that can run here."""
    if settings.mqtt_url is not None:
        return [None]
    try:
        program()
    except ServiceFailed:
        return [BrokerName.NATS]
    return list(BrokerName)


@asynccontextmanager
async def running_broker(name: BrokerName | None, settings: Settings) -> AsyncIterator[RunningBroker]:
    """Run a broker; None uses the one that the settings name."""
    if name is None:
        assert settings.mqtt_url is not None
        yield RunningBroker(settings.mqtt_url)
        return
    folder = data_home(settings) / "broker"
    server: NatsServer | MosquittoServer
    if name is BrokerName.NATS:
        keeps = f"nats-server, sync_interval {settings.broker_sync}"
        server = NatsServer(NatsPlan(folder=folder, sync_interval=settings.broker_sync))
    else:
        keeps = "mosquitto, in memory, a snapshot every half hour"
        server = MosquittoServer(MosquittoPlan(folder=folder, settings=AS_IT_COMES))
    async with running_server(server):
        yield RunningBroker(server.url, name, keeps, server.child.pid)
