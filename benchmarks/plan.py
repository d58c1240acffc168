"""How much is measured."""

from dataclasses import dataclass, field

from systems import PEERS, System


@dataclass(frozen=True, slots=True)
class Plan:
    """How often, by how many people, over how many connections, for how long."""

    rounds: int
    people: int
    """In a round of this server or the floor."""
    people_of_peers: int
    """In a round of the others, whose requests cost ten times as much."""
    starts: int
    sweep: dict[int, int] = field(default_factory=dict)
    """People at each number of connections: as many at least, so that all are busy."""
    flood_seconds: float = 0.0
    peers: tuple[System, ...] = PEERS


FULL = Plan(
    rounds=5,
    people=48,
    people_of_peers=12,
    starts=3,
    sweep={1: 8, 32: 32, 128: 128},
    flood_seconds=4.0,
)
QUICK = Plan(rounds=2, people=16, people_of_peers=4, starts=1)
