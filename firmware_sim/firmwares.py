"""
Which firmware a reader of the plan runs is decided here.
"""

from firmware_sim.impinj import ImpinjFirmware
from firmware_sim.native import NativeFirmware
from firmware_sim.outgoing import Epcs, Firmware
from firmware_sim.plan import ReaderPlan
from firmware_sim.zebra import ZebraFirmware
from firmware_sim.zebra_atr import DirectionalityFirmware


def firmware_for(plan: ReaderPlan, site_id: str, epcs: Epcs, start_us: int) -> Firmware:
    """Boot the firmware that the plan names."""
    if plan.firmware == "native":
        return NativeFirmware(plan, site_id, epcs, start_us // 1_000)
    if plan.firmware == "impinj":
        return ImpinjFirmware(plan, epcs)
    if plan.style == "DIRECTIONALITY":
        return DirectionalityFirmware(plan, epcs)
    return ZebraFirmware(plan, epcs)
