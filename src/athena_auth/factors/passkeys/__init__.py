"""Passkeys and security keys (WebAuthn level 3): a second factor, and a way to sign in by itself."""
