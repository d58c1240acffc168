"""The cryptography, pure: no I/O and no clock; keys, instants and parameters are arguments."""
