"""Where a load host's own way to a target leads: each resolves the name for itself, and believes its own files."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import certifi

from assay.errors import TargetUnreachable, UsageProblem
from assay.load.endpoint import reached
from assay.load.listening import listening
from assay.load.machine import place
from assay.target import Policy
from assay.target.tls import context_for

TRIED: Final = 5.0
"""Seconds that a handshake gets."""


@dataclass(frozen=True, slots=True)
class Trust:
    """The authorities that are believed, and the certificate that is shown: files of this machine."""

    ca_bundle: Path | None = None
    client_cert: Path | None = None
    client_key: Path | None = None

    def context(self) -> ssl.SSLContext:
        """What a connection is secured by. Raises UsageProblem for a file that cannot be used."""
        policy = Policy(
            "https://localhost", ca_bundle=self.ca_bundle, client_cert=self.client_cert, client_key=self.client_key
        )
        made = context_for(policy)
        assert isinstance(made, ssl.SSLContext)
        return made

    @property
    def of_job(self) -> dict[str, str | None]:
        """The same for a worker."""
        return {
            "ca_bundle": str(self.ca_bundle or certifi.where()),
            "client_cert": str(self.client_cert) if self.client_cert else None,
            "client_key": str(self.client_key) if self.client_key else None,
        }


@dataclass(frozen=True, slots=True)
class Way:
    """To one target: what of a job is this machine's own affair, and the server's processes, where it runs here."""

    of_job: dict[str, Any]
    local: bool
    server: tuple[int, ...]


class Targets:
    """The targets that were asked for, by host and port."""

    def __init__(self, trust: Trust) -> None:
        self._trust = trust
        self._ways: dict[str, Way] = {}

    def at(self, target: str) -> Way:
        """The way to a target that was reached."""
        return self._ways[target]

    def reach(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Find the way to a target. Raises TargetUnreachable and UsageProblem, saying what is wrong from here."""
        host, port = asked["host"], asked["port"]
        if asked["loopback"] and asked["place"] != place():
            raise UsageProblem(
                f"{host} is the master's own loopback: name the target by an address that every load host reaches"
            )
        if asked["client_cert"] and self._trust.client_cert is None:
            raise UsageProblem("the target is shown a certificate: start this load host with --client-cert, too")
        family, at = reached(host, port)
        if asked["tls"]:
            self._shake_hands(host, at)
        local = ipaddress.ip_address(str(at[0]).partition("%")[0]).is_loopback
        server = listening(port).pids if local else ()
        of_job = {"family": family, "address": at, **(self._trust.of_job if asked["tls"] else {})}
        self._ways[asked["target"]] = Way(of_job, local, server)
        return {"local": local}

    def _shake_hands(self, host: str, at: tuple[str | int, ...]) -> None:
        try:
            with (
                socket.create_connection((str(at[0]), int(at[1])), TRIED) as plain,
                self._trust.context().wrap_socket(plain, server_hostname=host),
            ):
                pass
        except ssl.SSLCertVerificationError as error:
            raise TargetUnreachable(
                f"the certificate of {host} is not believed here ({error.verify_message}); start this load host with "
                "--ca-bundle, too"
            ) from None
        except OSError as error:
            raise TargetUnreachable(f"{host} does not speak TLS with this load host: {error}") from None
