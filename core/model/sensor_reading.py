"""One value from an IoT sensor."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorReading:
    """
    One value from one sensor.

    quantity is `temperature_c`, `humidity_pct`, `contact` (1 open, 0 closed) or any other word of the reader's.
    """

    seen_us: int
    arrived_us: int
    reader: str
    sensor: str
    quantity: str
    value: float
