"""The exception for a failed delivery."""


class DeliveryFailed(Exception):  # noqa: N818 -- an outcome the outbox expects, not a defect
    """A transport could not deliver the message.

    The text is for the operator's log. It contains neither the code nor the address, and it never quotes the mail
    server, whose replies repeat the address.

    Attributes:
        permanent: True if sending the same message again cannot succeed.
    """

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(reason)
        self.permanent = permanent
