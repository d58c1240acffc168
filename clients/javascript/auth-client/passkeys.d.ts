import type { BareCall, Call, OptionalCall } from "./calls.js";
import type { Done, Passkey, Session, User } from "./models.js";

/**
 * The passkeys of the account. The calls that make or use one show the browser's dialog, and resolve when the server has
 * verified the response; a user who cancels is the error `PASSKEY_CANCELLED`.
 */
export interface Passkeys {
  /**
   * Make a passkey and add it. It signs in by itself, if it verifies its user; `twoFactor.enable` with the method `passkey`
   * makes it a second factor too.
   */
  addPasskey: OptionalCall<
    {
      /** The owner's name for it. */
      name?: string;
      /** Offer only this device (`platform`), or only others, such as security keys; by default both. */
      authenticatorAttachment?: "platform" | "cross-platform";
      /** The password or, with two-factor authentication on, a code, if the user signed in more than ten minutes ago. */
      password?: string;
      code?: string;
      /** Let the password manager make one without asking, after a sign-in with a password that it has filled in. */
      useAutoRegister?: boolean;
    },
    Passkey
  >;
  /** List the passkeys, the oldest first. */
  listUserPasskeys: BareCall<Passkey[]>;
  updatePasskey: Call<{ id: string; name: string }, { passkey: Passkey }>;
  /** Remove a passkey. All other sessions end; `password` and `code` as for `addPasskey`. */
  deletePasskey: Call<{ id: string; password?: string; code?: string }, Done>;
}

/**
 * Sign in with a passkey alone, which must verify its user. It needs a client that uses cookies: the server binds its options to
 * the browser.
 */
export type SignInWithPasskey = OptionalCall<
  {
    /**
     * Offer passkeys in the autofill of a field (`<input autocomplete="username webauthn">`), and wait until the user chooses
     * one. The offer is good for five minutes: repeat the call when the field gets the focus. The next call that uses a passkey
     * ends it, with the error `ABORTED`.
     */
    autoFill?: boolean;
  },
  { token: string; session: Session; user: User }
>;
