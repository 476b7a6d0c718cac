import { Injectable } from '@nestjs/common';
import { type Config, InjectConfig } from '#libs/config';
import { newMasterId } from '#libs/kernel';
import { appendOnMaster } from '#libs/outbox';
import { Master } from '#libs/sharding';
import { AccessChanges } from './access-changes.service.js';
import type { AccessChange } from './domain/access-list.js';
import { normaliseEmail } from './domain/email.js';
import type { User } from './domain/user.js';
import { identityRefusals } from './identity.errors.js';
import { Passwords } from './passwords.service.js';
import { insertAccessChange } from './persistence/access-changes.repository.js';
import { type MasterTx, inTransaction } from './persistence/master.transaction.js';
import {
  type Session,
  lockSession,
  openSession,
  revokeSession,
  rotateIfPresent,
} from './persistence/sessions.repository.js';
import { findCredentials, findUser, insertUser, isTaken } from './persistence/users.repository.js';
import { type RefreshClaims, Tokens } from './tokens.service.js';
import { userChanged } from './user-changed.event.js';

/** Someone who has just shown who they are. */
export interface SignedIn {
  user: User;
  accessToken: string;
  refreshToken: string;
  /** Seconds that the access token lives. */
  expiresIn: number;
}

/** Signing up, in and out. */
@Injectable()
export class Accounts {
  constructor(
    private readonly master: Master,
    private readonly passwords: Passwords,
    private readonly tokens: Tokens,
    private readonly changes: AccessChanges,
    @InjectConfig() private readonly config: Config,
  ) {}

  /** A new attendee, signed in. Throws `email_taken`, `overloaded`. */
  async register(given: { email: string; password: string; name: string }): Promise<SignedIn> {
    const email = normaliseEmail(given.email);
    const passwordHash = await this.passwords.hash(given.password);
    const { user, session } = await inTransaction(this.master, async (tx) => {
      const account = { id: newMasterId(), email, passwordHash, name: given.name };
      const user = await insertUser(tx, { ...account, role: 'attendee', organizationId: null });
      const session = await this.openSession(tx, user.id);
      await appendOnMaster(tx, [userChanged(user.id, 'registered')]);
      return { user, session };
    }).catch((error: unknown) => {
      throw isTaken(error) ? identityRefusals.email_taken('This email has an account; sign in.') : error;
    });
    return this.signedIn(user, session);
  }

  /** A new session. Throws `invalid_credentials`, after the same work whether the address is known or not. */
  async login(given: { email: string; password: string }): Promise<SignedIn> {
    const email = normaliseEmail(given.email);
    const account = await this.master.onPrimary(({ prisma }) => findCredentials(prisma, email));
    const right = await this.passwords.verify(account?.passwordHash ?? null, given.password);
    if (!account || !right) throw identityRefusals.invalid_credentials('The email or the password is wrong.');
    const session = await this.master.onPrimary(({ prisma }) => this.openSession(prisma, account.user.id));
    return this.signedIn(account.user, session);
  }

  /**
   * The next pair of tokens of the session; the token given is spent. One that was spent before ends the session
   * (`token_reused`), also when two callers send it at the same moment: one of them may be a thief, and which
   * one cannot be known. Anything else is `invalid_refresh_token`.
   */
  async refresh(refreshToken: string): Promise<SignedIn> {
    const claims = await this.tokens.verifyRefresh(refreshToken);
    if (!claims) throw invalidRefreshToken();
    const outcome = await inTransaction(this.master, async (tx) => {
      const { sessionId, generation } = claims;
      const session = await rotateIfPresent(tx, sessionId, generation, this.config.auth.refreshSeconds);
      if (!session) return this.endIfReused(tx, claims);
      return this.signedIn((await findUser(tx, session.userId))!, session);
    });
    if (!outcome) throw invalidRefreshToken();
    if ('user' in outcome) return outcome;
    this.changes.apply(outcome);
    throw identityRefusals.token_reused('This refresh token was spent before; the session was ended.');
  }

  /** Ends the session of a refresh token, also of a spent one; a second time changes nothing. */
  async logout(refreshToken: string): Promise<void> {
    const claims = await this.tokens.verifyRefresh(refreshToken);
    if (!claims) throw invalidRefreshToken();
    const change = await inTransaction(this.master, async (tx) => {
      const session = await lockSession(tx, claims.sessionId);
      return session && !session.revokedAt ? this.end(tx, session, 'logout') : null;
    });
    if (change) this.changes.apply(change);
  }

  /** The session's end, when the token is one that the session has already spent; else null. */
  private async endIfReused(tx: MasterTx, claims: RefreshClaims): Promise<AccessChange | null> {
    const session = await lockSession(tx, claims.sessionId);
    if (!session || claims.generation >= session.generation) return null;
    if (!session.revokedAt) return this.end(tx, session, 'reuse');
    return { kind: 'session', userId: session.userId, sessionId: session.id };
  }

  private async end(tx: MasterTx, session: Session, because: 'logout' | 'reuse'): Promise<AccessChange> {
    const change = { kind: 'session' as const, userId: session.userId, sessionId: session.id };
    await revokeSession(tx, session.id, because);
    await appendOnMaster(tx, [userChanged(session.userId, 'sessions')]);
    await insertAccessChange(tx, change);
    return change;
  }

  private openSession(tx: MasterTx, userId: string): Promise<Session> {
    return openSession(tx, newMasterId(), userId, this.config.auth.refreshSeconds);
  }

  private async signedIn(user: User, session: Session): Promise<SignedIn> {
    const accessToken = await this.tokens.signAccess(user, session.id);
    const refreshToken = await this.tokens.signRefresh(session.id, session.generation, session.expiresAt);
    return { user, accessToken, refreshToken, expiresIn: this.tokens.accessSeconds };
  }
}

function invalidRefreshToken() {
  return identityRefusals.invalid_refresh_token('The refresh token is not valid; sign in again.');
}
