"""For tests of applications that mount `Athena`: signed-in users, a clock, a mailbox.

`athena_for_tests` runs the application's own `Athena` over an empty database in a temporary file, with cheap password hashes,
with a clock that the test moves, and without sending anything. Nothing in the server imports this package.
"""

from athena_auth.testing.clock import ManualClock
from athena_auth.testing.mailbox import Mailbox
from athena_auth.testing.person import Person
from athena_auth.testing.server import ServerForTests, athena_for_tests

__all__ = ["Mailbox", "ManualClock", "Person", "ServerForTests", "athena_for_tests"]
