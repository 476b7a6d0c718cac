import { defineRefusals } from '#libs/kernel';

/** What accounts refuse, in order of precedence within a request. */
export const identityRefusals = defineRefusals({
  invalid_credentials: { status: 401, title: 'Wrong email or password' },
  token_reused: { status: 401, title: 'Refresh token used twice: its session was ended' },
  invalid_refresh_token: { status: 401, title: 'Refresh token not valid' },
  email_taken: { status: 409, title: 'Email already registered' },
  last_admin: { status: 409, title: 'The last admin stays admin' },
});
