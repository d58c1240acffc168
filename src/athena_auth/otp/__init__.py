"""Codes sent by email or by text message.

Email is not an accepted authenticator at the higher levels of NIST SP 800-63B-4 (section 3.1.3) and ASVS (6.3.6). It is
offered because existing Better Auth clients use it. Operators can turn it off as a fallback with ATHENA_OTP_FALLBACK.
The telephone network is a restricted authenticator (section 3.2.9). Text messages are offered only if the operator has
set ATHENA_SMS_URL.
"""
