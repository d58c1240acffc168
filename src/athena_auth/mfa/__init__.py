"""Challenges and the second step: which factors are required, and when a session is created.

Every sign-in ends here. `SignInPolicy.complete_first_factor` creates a session if no second factor is required or a
trusted device replaces it. Otherwise it issues a challenge, whose token is accepted for the second step only, or, if a
second factor must be enrolled first, an enrolment token. `SignInPolicy.complete_both_factors` creates the session of a passkey
that verified its user. Both refuse accounts with an unverified address if ATHENA_REQUIRE_VERIFIED_EMAIL is on.
`SecondStep.verify` counts the attempt, lets the `Factor` verify the code and, in the same transaction, consumes the
challenge and creates the session.

    passkey that verified its user ─▶ SignInPolicy.complete_both_factors ─▶ SessionIssued
    first factor ─▶ SignInPolicy.complete_first_factor ─┬▶ SessionIssued
                                                        ├▶ ChallengeIssued ─▶ SecondStep.verify ─▶ SecondFactorResult | Refused
                                                        └▶ EnrolmentIssued ─▶ EnrolmentSignIn.confirm ─▶ SecondFactorResult | Refused

`Prompts.prompt` first gives the client what it responds to, for factors that need that: it sends a code, or returns options
and keeps their nonce.

In a live session `SecondStep.verify` verifies a factor again (step-up) or confirms an enrolment, and `PolicyStepUp`
enforces the step-up policy. A `Factor` knows neither `SignInPolicy` nor `SecondStep`, and cannot create sessions.
`CredentialEvents` ends what a change of credentials invalidates; `wiring` registers the slices that contribute to it.
"""
