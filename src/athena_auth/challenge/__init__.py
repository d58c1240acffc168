"""Which factors are due, how many tries are left, and when a session is minted.

Every way to sign in ends here. A proven first factor is handed to `SignInPolicy.admit`, which mints a session
when no second factor is due (or a trusted device stands in for it) and else issues a challenge. A challenge
token opens nothing but the second step; `SecondStep.answer` takes a code for it, pays for the try, lets the
factor's `Factor` judge the code and, in the same transaction, spends the challenge and mints the session.

    password ─▶ Admission.admit ─┬▶ Minted                       (no factor is on, or the device is trusted)
                                 └▶ Challenged ─▶ SecondStep.answer ─▶ SignedIn | Refused

The factors implement `Factor` and know neither challenges nor sessions; `wiring` registers them. What a
credential event ends is decided in one place, `CredentialEvents`, to which slices subscribe.
"""
