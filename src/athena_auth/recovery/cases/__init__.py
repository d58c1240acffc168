"""Recovery when every second factor is lost: the use cases and endpoints of recovery cases."""
