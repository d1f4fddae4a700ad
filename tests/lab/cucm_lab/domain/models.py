# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which phone models there are, what they speak, and from which release on they can do SIP OAuth."""

from __future__ import annotations

from dataclasses import dataclass

RELEASE_ORDER = ("11.5", "12.5", "14", "15")
UNIVERSAL = "Universal Device Template"
DEFAULT_MODEL = "Cisco 8841"
TRUNK_PROFILE = "Non Secure SIP Trunk Profile"
"""The built-in profile of SIP trunks."""


@dataclass(frozen=True)
class Model:
    """A phone model by the name ``typemodel`` and AXL's ``phoneType`` have for it ([X] XModel).

    prefix: of its devices' names ([D] for those of Jabber). since, oauth: the first release that has it, and that
    lets its profiles enable OAuth ([D] wire-facts 8 for the list, [P] cli-facts 3.3 for Jabber only in 12.5).
    """

    name: str
    protocols: tuple[str, ...] = ("SIP",)
    prefix: str = "SEP"
    since: str = "11.5"
    oauth: str | None = None

    def is_in(self, release: str) -> bool:
        return RELEASE_ORDER.index(release) >= RELEASE_ORDER.index(self.since)

    def can_oauth(self, release: str) -> bool:
        return self.oauth is not None and RELEASE_ORDER.index(release) >= RELEASE_ORDER.index(self.oauth)


MODELS: dict[str, Model] = {
    model.name: model
    for model in (
        *(Model(f"Cisco {name}", oauth="14") for name in ("7811", "7821", "7841", "7861")),
        *(Model(f"Cisco {name}", oauth="14") for name in ("8811", "8841", "8845", "8851", "8851NR")),
        *(Model(f"Cisco {name}", oauth="14") for name in ("8861", "8865")),
        *(Model(f"Cisco {name}", since="12.5", oauth="14") for name in ("7832", "8832", "8832NR", "8865NR")),
        *(Model(f"Cisco {name}", since="14", oauth="14") for name in ("8875", "8875NR")),
        Model("Cisco TelePresence SX80"),
        Model("Cisco TelePresence MX800"),
        Model("Cisco Webex Room Kit", since="12.5"),
        Model("Cisco 8821"),
        Model("Cisco 7942", ("SIP", "SCCP")),
        Model("Cisco 7937", ("SCCP",)),
        Model("Cisco Dual Mode for iPhone", prefix="TCT", oauth="12.5"),
        Model("Cisco Dual Mode for Android", prefix="BOT", oauth="12.5"),
        Model("Cisco Unified Client Services Framework", prefix="CSF", oauth="12.5"),
        Model("Cisco Jabber for Tablet", prefix="TAB", oauth="12.5"),
        # Its profile is for any model; that it takes part from 12.5 on is [R].
        Model(UNIVERSAL, prefix="", oauth="12.5"),
    )
}
"""By name."""


def models_of(release: str) -> list[Model]:
    """The models a release knows."""
    return [model for model in MODELS.values() if model.is_in(release)]


def standard_profile(model: str, protocol: str) -> str:
    """The name of the built-in profile of a model."""
    if model == UNIVERSAL:
        return f"{UNIVERSAL} - Model-independent Security Profile"
    return f"{model} - Standard {protocol} Non-Secure Profile"


def device_name(model: str, number: int) -> str:
    """The name of the phone of this number: a machine is called by its MAC address, a client by what its administrator likes."""
    prefix = MODELS[model].prefix
    return f"{prefix}0000000{number:05X}" if prefix == "SEP" else f"{prefix}USER{number:05d}"
