"""The one way a delivery fails."""


class DeliveryFailed(Exception):  # noqa: N818 -- an outcome the outbox expects, not a defect
    """A transport could not hand the message on.

    The text is written for an operator's log: it names neither the code nor the address, and it never quotes
    the mail server, whose answers echo the address.

    Attributes:
        permanent: True when trying this same message again cannot succeed.
    """

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(reason)
        self.permanent = permanent
