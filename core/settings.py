"""Everything the service can be told, read from the environment once: TALLYPORT_DATABASE_URL sets database_url."""

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic.functional_validators import BeforeValidator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


def _split_commas(value: object) -> object:
    """Let a list be written as `a,b,c`; an empty word is an empty list."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


CommaList = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split_commas)]
"""A list of words that the environment gives with commas between them."""

MIB = 1 << 20


class Settings(BaseSettings):
    """Frozen: whoever needs another value makes a copy with `model_copy(update=...)`."""

    model_config = SettingsConfigDict(env_prefix="TALLYPORT_", frozen=True, extra="forbid")

    # The services we stand on; None lets `tallyport up` and `demo` start their own.
    database_url: str | None = None
    """Where the database is, as libpq reads it: postgresql://user:password@host:port/name."""
    mqtt_url: str | None = None
    """Where the broker is: mqtt://user:password@host:port, or mqtts:// for TLS."""
    mqtt_ca_file: Path | None = None
    """The certificate authority that signed the broker's certificate; the system's own when left out."""
    data_dir: Path = Field(default_factory=lambda: Path.home() / ".local" / "share" / "tallyport")
    """Where services that we start ourselves keep their files."""

    broker_sync: str = Field("always", pattern=r"^(always|\d+(ms|s|m))$")
    """How often our own broker makes messages safe from a power cut: before each acknowledgement, or every 10s."""

    # The web service.
    api_host: str = "127.0.0.1"
    """The address that the web service listens on."""
    api_port: int = Field(8000, ge=0, le=65535)
    """The port of the web service; 0 takes any free one."""
    allowed_origins: CommaList = ()
    """Origins other than our own from which a browser may open a websocket."""

    # The line.
    sites: CommaList = ()
    """Sites that this process takes care of; empty for all that the database knows."""
    discovery_topics: CommaList = ("zebra/+/+", "impinj/+/+")
    """Where readers that nobody has registered yet may be heard, so that they can be offered for approval."""
    batch_reads_max: int = Field(20_000, ge=1)
    """A batch is closed once it holds this many reads; a quarter will do while no other is being committed."""
    batch_bytes_max: int = Field(4 * MIB, ge=1)
    """A batch is closed once its payloads weigh this much."""
    batch_age_ms_max: int = Field(100, ge=1, le=10_000)
    """A batch is closed once its oldest message has waited this long."""
    in_flight_max: int = Field(20_000, ge=1)
    """Messages taken from the broker and not yet acknowledged; past it the socket is not read."""
    in_flight_bytes_max: int = Field(64 * MIB, ge=MIB)
    """The same in bytes of payload."""
    payload_bytes_max: int = Field(MIB, ge=1024)
    """A message larger than this is a dead letter, unread."""
    mqtt_keepalive_s: int = Field(10, ge=2, le=3600)
    """How often the broker and we assure each other that we live."""
    catch_up_s: float = Field(7.0, ge=0.0)
    """How long after a (re)connect the broker may still redeliver old messages: its ack wait and a margin."""
    checkpoint_every_s: float = Field(30.0, gt=0.0)
    """How often the engine's state is kept; a restart replays the reads since the last one."""
    prune_every_s: float = Field(600.0, gt=0.0)
    """How often old reads are dropped where the database does not do it itself."""
    retention_read_h: int = Field(48, ge=1)
    """Hours that kept reads stay in the database."""
    spool_dir: Path | None = None
    """Where messages wait while the database is away; `spool` in data_dir when left out."""
    spool_bytes_max: int = Field(4096 * MIB, ge=MIB)
    """What they may weigh a site; past it the broker has to keep what comes."""
    spool_after_s: float = Field(2.0, gt=0.0)
    """How long a commit may be stuck before what comes is put there."""
    ingest_metrics_port: int = Field(0, ge=0, le=65535)
    """Port on loopback where the line shows its counters to Prometheus; 0 for none."""

    # What we say.
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")
    """How much is logged: DEBUG, INFO, WARNING or ERROR."""
