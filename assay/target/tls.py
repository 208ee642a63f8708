"""Trust: whose certificates are believed, and which one is shown. Certificates are always verified."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx

from assay.errors import UsageProblem
from assay.target.policy import Policy


def context_for(policy: Policy) -> ssl.SSLContext | bool:
    """How connections to this target are secured; False where none of them is, because nothing there speaks TLS.

    Without a bundle the authorities are those that the client ships; the environment is not asked. Raises UsageProblem
    for a file that cannot be used.
    """
    if not any(url.startswith("https:") for url in (policy.url.lower(), (policy.proxy or "").lower())):
        _unused(policy)
        return False
    context = _trusting(policy.ca_bundle) if policy.ca_bundle else httpx.create_ssl_context(trust_env=False)
    if policy.client_cert:
        _show(context, policy.client_cert, policy.client_key)
    return context


def _unused(policy: Policy) -> None:
    for option, path in (("--ca-bundle", policy.ca_bundle), ("--client-cert", policy.client_cert)):
        if path is not None:
            raise UsageProblem(f"{option} is for https, and {policy.base_url} is none")


def _trusting(bundle: Path) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=bundle)
    except ssl.SSLError:
        raise UsageProblem(f"--ca-bundle {bundle}: holds no certificate in PEM") from None
    except OSError as error:
        raise UsageProblem(f"--ca-bundle {bundle}: cannot be read ({error.strerror})") from None


def _show(context: ssl.SSLContext, certificate: Path, key: Path | None) -> None:
    for option, path in (("--client-cert", certificate), ("--client-key", key)):
        try:
            if path is not None:
                path.read_bytes()
        except OSError as error:
            raise UsageProblem(f"{option} {path}: cannot be read ({error.strerror})") from None

    def ask() -> str:
        raise UsageProblem("the private key of --client-cert is locked by a pass phrase; give one that is not")

    try:
        context.load_cert_chain(certificate, key, password=ask)
    except ssl.SSLError:
        pair = f"{certificate} and {key}" if key else f"{certificate}"
        raise UsageProblem(
            f"--client-cert: {pair} hold no certificate in PEM with the private key that belongs to it"
        ) from None
