"""Cryptography: codes, keys, passwords, tokens and TOTP. Keys, times and parameters are arguments; randomness is the system's."""
