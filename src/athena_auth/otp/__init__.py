"""Codes sent by mail or by text message.

A mailbox is not an authenticator of its own (NIST SP 800-63B-4 section 3.1.3 and ASVS 6.3.6 do not admit it
at their higher levels); it is offered because the wire family has it, and an operator can turn it off as a
fallback with ATHENA_OTP_FALLBACK. The telephone network is a restricted one there (section 3.2.9); it is offered
only where the operator has set ATHENA_SMS_URL.
"""
