"""Challenges: which factors are required, how many attempts are left, and when a session is minted.

Every way to sign in ends here. `SignInPolicy.complete_first_factor` gets a verified first factor. It mints a session
if no second factor is required (or a trusted device replaces it), otherwise it issues a challenge. A challenge token is
valid only for verifying the second factor. `SecondStep.verify` counts the attempt, lets the `Factor` verify the code
and, in the same transaction, consumes the challenge and mints the session.

    password ─▶ complete_first_factor ─┬▶ SessionIssued          (no second factor is on, or the device is trusted)
                                       └▶ ChallengeIssued ─▶ SecondStep.verify ─▶ SecondFactorResult | Refused

The factors implement `Factor` and know neither challenges nor sessions; `wiring` registers them. `CredentialEvents`
alone decides what a change of credentials revokes; packages subscribe to it.
"""
