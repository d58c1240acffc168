"""Identifiers, the clock, logging and the outcomes of use cases. Every package may import it; it imports none of them."""
