-- Accounts: who may do what. Times are the database's; ids come from the kernel.

CREATE TABLE organizations (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE users (
  id uuid PRIMARY KEY,
  -- Trimmed and in lower case, see domain/email.ts.
  email text NOT NULL CONSTRAINT users_email_key UNIQUE,
  -- Argon2id in PHC form.
  password_hash text NOT NULL,
  name text NOT NULL,
  -- E.164, like +493012345678.
  phone text,
  -- BCP 47, canonical.
  locale text NOT NULL DEFAULT 'en',
  role text NOT NULL DEFAULT 'attendee' CHECK (role IN ('attendee', 'organizer', 'admin')),
  -- Kept when an organizer is made an attendee again: events belong to it.
  organization_id uuid REFERENCES organizations,
  -- What the user chose apart from the defaults of domain/channels.ts.
  channels jsonb NOT NULL DEFAULT '{}',
  -- Raised by every change of the row; tokens carry it, so that an older change of role never beats a newer token.
  version integer NOT NULL DEFAULT 1 CHECK (version > 0),
  created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  updated_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  CHECK (role = 'attendee' OR organization_id IS NOT NULL)
);
-- Whoever demotes an admin locks them all, so that one remains.
CREATE INDEX users_admins ON users (id) WHERE role = 'admin';

-- A family of refresh tokens. Only the one of the present generation is good; an older one is reuse.
CREATE TABLE sessions (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  generation integer NOT NULL DEFAULT 1 CHECK (generation > 0),
  created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  -- The end of the present refresh token.
  expires_at timestamptz(3) NOT NULL,
  revoked_at timestamptz(3),
  revoked_because text CHECK (revoked_because IN ('logout', 'reuse')),
  CHECK ((revoked_at IS NULL) = (revoked_because IS NULL))
);
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_end ON sessions (expires_at);

CREATE TABLE api_keys (
  id uuid PRIMARY KEY,
  -- Who made it; it acts for the organization while this user is an organizer or an admin.
  user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  organization_id uuid NOT NULL REFERENCES organizations,
  name text NOT NULL,
  scopes text[] NOT NULL,
  -- SHA-256 of the key, which is 256 random bits: nothing slower is needed.
  hash bytea NOT NULL UNIQUE CHECK (length(hash) = 32),
  -- The first characters of the key, by which a person recognises it.
  prefix text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX api_keys_by_organization ON api_keys (organization_id, id);

-- What living access tokens and api keys must feel: every process reads what is new once a second. `xid` is the
-- writing transaction: a reader that last saw everything below xmin reads on from xmin, so that a late commit is
-- never skipped (a sequence or a time would skip it).
CREATE TABLE access_changes (
  id uuid PRIMARY KEY,
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  kind text NOT NULL CHECK (kind IN ('role', 'session', 'key')),
  user_id uuid NOT NULL,
  -- The revoked session or the deleted key.
  target_id uuid CHECK ((target_id IS NULL) = (kind = 'role')),
  -- The user's row after a change of role.
  role text CHECK ((role IS NULL) = (kind <> 'role')),
  organization_id uuid,
  user_version integer CHECK ((user_version IS NULL) = (kind <> 'role'))
);
CREATE INDEX access_changes_by_xid ON access_changes (xid);
CREATE INDEX access_changes_by_age ON access_changes (changed_at);
