import type { BareCall, Call } from "./calls.js";
import type { Done, EnrolmentRequired, Flag, LedTo, Session, TokenAndUser, TwoFactorRedirect, User } from "./models.js";
import type { Passkeys, SignInWithPasskey } from "./passkeys.js";
import type { TwoFactor } from "./two-factor.js";

export interface Auth {
  signUp: {
    /** Create an account and sign in; `invite` is the token of an invitation. A null token: the address must be verified, or a second factor enrolled, first. */
    email: Call<
      { name: string; email: string; password: string; image?: string; invite?: string; rememberMe?: Flag; callbackURL?: string },
      LedTo & { token: string | null; user: User; secondFactorDueAt?: string } & Partial<EnrolmentRequired>
    >;
  };
  signIn: {
    /** Sign in with a password. Where a second factor is due, the data is a `TwoFactorRedirect` or `EnrolmentRequired`. */
    email: Call<
      {
        email: string;
        password: string;
        /** False lets the session end with the browser. */
        rememberMe?: Flag;
        /** Where to go on when the sign-in is complete; the answer that completes it says `redirect` and `url`. */
        callbackURL?: string;
      },
      | (TokenAndUser & { redirect: boolean; twoFactorRedirect?: undefined; enrolmentRequired?: undefined })
      | (TwoFactorRedirect & { enrolmentRequired?: undefined })
      | (EnrolmentRequired & { redirect: false; token: null; user?: undefined; twoFactorRedirect?: undefined })
    >;
    passkey: SignInWithPasskey;
  };
  passkey: Passkeys;
  /** End this session. Without one nothing happens. */
  signOut: BareCall<{ success: true }>;
  /** Say who is signed in; null when nobody is. */
  getSession: BareCall<{ session: Session; user: User } | null>;
  /** Get a short-lived JSON Web Token about this session, for a service that verifies it by the keys at `/jwks`. */
  token: BareCall<{ token: string }>;
  /** List the account's live sessions; `token` holds each one's id. */
  listSessions: BareCall<Session[]>;
  /** End one session, by its id or its token. */
  revokeSession: Call<{ token: string; code?: string }, Done>;
  /** End all sessions, this one too. */
  revokeSessions: BareCall<Done>;
  /** End all sessions but this one. */
  revokeOtherSessions: BareCall<Done>;
  /** Change the password. All other sessions end unless `revokeOtherSessions` is false. */
  changePassword: Call<{ currentPassword: string; newPassword: string; code?: string; revokeOtherSessions?: Flag }, TokenAndUser>;
  /** Remove the password, to sign in with passkeys only. It needs one that has just verified its user. */
  removePassword: BareCall<TokenAndUser>;
  /** Set a password again. All other sessions end unless `revokeOtherSessions` is false. */
  setPassword: Call<{ newPassword: string; revokeOtherSessions?: Flag }, TokenAndUser>;
  /** Send a link to a new address, which replaces the account's when it is opened. The answer does not disclose whether it has an account. */
  changeEmail: Call<{ newEmail: string; callbackURL?: string; password?: string; code?: string }, Done>;
  /**
   * Send a link that sets a new password, if there is such an account. The answer does not disclose whether there is.
   * It leads to `redirectTo`, which finds the token as `?token=…`, or to the server's own page.
   */
  requestPasswordReset: Call<{ email: string; redirectTo?: string }, Done & { message: string }>;
  /** Set a new password by the token of a link. All sessions end; where a second factor is due it comes next. */
  resetPassword: Call<
    { newPassword: string; token: string },
    Done & ({ twoFactorRedirect: false } | TwoFactorRedirect)
  >;
  /** Send a link that verifies an address and then leads to `callbackURL`. The answer does not disclose whether there is an account. */
  sendVerificationEmail: Call<{ email: string; callbackURL?: string }, Done>;
  /** Change the name or the image; what is left out stays, and a null image is removed. */
  updateUser: Call<{ name?: string; image?: string | null; language?: string | null }, Done>;
  /** Delete the account and all its data. The password is required unless a factor was verified in the last ten minutes. */
  deleteUser: Call<{ password?: string; code?: string }, { success: true; message: string }>;
  twoFactor: TwoFactor;
}
