"""Operators on how a client writes its request: a server, or what stands before it, that suits only some of them."""

from __future__ import annotations

from assay.contract.message import Request, Response
from assay.faults.operators.delivery import by_address


def as_form_text(request: Request) -> Request:
    """Read the body as the form that its Content-Type says it is: a plus is a blank there."""
    if request.header("content-type") != "application/x-www-form-urlencoded" or b"+" not in request.body:
        return request
    return request.replace(body=request.body.replace(b"+", b" "))


def called_a_form(request: Request, response: Response) -> bool:
    """A body that is called a form, as most of the printed clients call the base64."""
    return bool(request.body) and (request.header("content-type") or "").startswith("application/x-www-form-urlencoded")


def named(request: Request, response: Response) -> bool:
    """A request with the name of the file in its query, as many of the printed clients send it."""
    return request.parameter("name") is not None


def without_type(request: Request, response: Response) -> bool:
    """A body of which nothing says what it is."""
    return bool(request.body) and request.header("content-type") is None


def without_length(request: Request, response: Response) -> bool:
    """A POST by address that states no length: there is no body to have one."""
    return request.method == "POST" and by_address(request) and request.header("content-length") is None


def by_curl(request: Request, response: Response) -> bool:
    """A request of curl."""
    return (request.header("user-agent") or "").startswith("curl/")
