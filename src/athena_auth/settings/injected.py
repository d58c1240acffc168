"""Recognizes environment variables that an orchestrator sets, not an operator.

Kubernetes describes every service of a namespace, and Docker every linked container, in variables that begin with the
service's name. For a service called `athena` or `athena-auth` they look like settings of this server:
`ATHENA_PORT=tcp://10.43.0.7:3001`.
"""

import re

_OF_A_SERVICE = re.compile(
    r"""ATHENA_ (?:[A-Z0-9_]+_)?? (?:
        SERVICE_HOST | SERVICE_PORT(?:_[A-Z0-9_]+)?
        | PORT_[0-9]+_(?:TCP|UDP|SCTP)(?:_(?:START|END|PROTO|PORT|ADDR))?
        | ENV_[A-Z0-9_]+
    )""",
    re.VERBOSE,
)
_PORT = re.compile(r"ATHENA_(?:[A-Z0-9_]+_)?PORT")
_ADDRESS = re.compile(r"(?:tcp|udp|sctp)://[^\s]+")
_NAME = re.compile(r"ATHENA_(?:[A-Z0-9_]+_)?NAME")
_LINK = re.compile(r"/[^/\s]+/[^/\s]+")


def is_injected(name: str, value: str) -> bool:
    """Return whether Kubernetes or Docker injected a variable, by its name in capitals and its value."""
    if _OF_A_SERVICE.fullmatch(name):
        return True
    if _PORT.fullmatch(name):
        return _ADDRESS.fullmatch(value) is not None
    return _NAME.fullmatch(name) is not None and _LINK.fullmatch(value) is not None
