"""The cryptography. Pure: no I/O and no clock; keys, times and parameters are arguments."""
