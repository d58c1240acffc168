"""Codes sent by mail.

A mailbox is not an authenticator of its own (NIST SP 800-63B-4 section 3.1.3 and ASVS 6.3.6 do not admit it
at their higher levels); it is offered because the wire family has it, and an operator can turn it off as a
fallback with ATHENA_OTP_FALLBACK.
"""
