"""Codes sent by mail or by text message.

A mailbox is not an authenticator of its own: NIST SP 800-63B-4 section 3.1.3 and ASVS 6.3.6 exclude it at their higher
levels. Mailed codes exist because existing Better Auth clients use them. With ATHENA_OTP_FALLBACK=off only accounts that
chose them get any. The telephone network is restricted (section 3.2.9), so codes go by text only if the operator has set
ATHENA_SMS_URL.
"""
