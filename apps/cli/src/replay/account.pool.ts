import { createHmac } from 'node:crypto';
import { type ProductClient, Refused, type Sender } from './product.client.js';

/** Renewed so long before its end. */
const EARLY_MS = 60_000;

interface Session {
  user: { id: string; role: string };
  accessToken: string;
  refreshToken: string;
  expiresIn: number;
}

/** One account of the product, signed in when it is first needed. */
export class Account implements Sender {
  private session: Promise<Session> | null = null;
  private expiresAt = 0;

  constructor(
    private readonly client: ProductClient,
    /** The e-mail address. */
    readonly name: string,
    private readonly password: string,
    /** Whether the account may be made when it is not there. */
    private readonly mayRegister: boolean,
  ) {}

  async token(): Promise<string> {
    const { accessToken } = await this.signedIn();
    if (Date.now() < this.expiresAt - EARLY_MS) return accessToken;
    await this.renew(accessToken);
    return (await this.signedIn()).accessToken;
  }

  async user(): Promise<{ id: string; role: string }> {
    return (await this.signedIn()).user;
  }

  /** Signs in anew, unless somebody already did since `stale` was given; many at once do it once. */
  async renew(stale: string): Promise<void> {
    const before = this.signedIn();
    const { accessToken } = await before;
    if (this.session === before && accessToken === stale) this.session = this.open(true);
    await this.signedIn();
  }

  private signedIn(): Promise<Session> {
    this.session ??= this.open(false);
    return this.session;
  }

  private async open(known: boolean): Promise<Session> {
    try {
      const session = this.mayRegister && !known ? await this.register() : await this.login();
      this.expiresAt = Date.now() + session.expiresIn * 1000;
      return session;
    } catch (error) {
      this.session = null;
      throw error;
    }
  }

  private async register(): Promise<Session> {
    try {
      const body = { email: this.name, password: this.password, name: 'Replay' };
      return await this.client.send<Session>({ ...POST_REGISTER, body });
    } catch (error) {
      if (error instanceof Refused && error.code === 'email_taken') return this.loginToOwn();
      throw error;
    }
  }

  private async loginToOwn(): Promise<Session> {
    try {
      return await this.login();
    } catch (error) {
      if (!(error instanceof Refused) || error.code !== 'invalid_credentials') throw error;
      throw new Error(
        `${this.name} is of an earlier replay under another ADMIN_PASSWORD, and cannot sign in with this one: use that password, or another product`,
        { cause: error },
      );
    }
  }

  private login(): Promise<Session> {
    return this.client.send<Session>({ ...POST_LOGIN, body: { email: this.name, password: this.password } });
  }
}

const post = (path: string) => ({ method: 'POST' as const, path, route: `POST ${path}` });
const POST_REGISTER = post('/v1/auth/register');
const POST_LOGIN = post('/v1/auth/login');

/** The accounts of a replay. Their passwords follow from the administrator's, so that a second replay knows them. */
export class AccountPool {
  private readonly attendees: Account[];

  constructor(
    private readonly client: ProductClient,
    private readonly admin: { email: string; password: string },
    count: number,
  ) {
    this.attendees = Array.from({ length: count }, (_, i) =>
      this.account(`replay-${String(i + 1).padStart(3, '0')}`),
    );
  }

  /** Always the same attendee for the same line of the file. */
  attendeeOf(line: number): Account {
    return this.attendees[line % this.attendees.length]!;
  }

  /** The organizer of the replayed events, made one by the administrator. */
  async organizer(): Promise<Account> {
    const admin = new Account(this.client, this.admin.email, this.admin.password, false);
    // First, so that a wrong password leaves no accounts behind whose own follow from it.
    await admin.token();
    const organizer = this.account('replay-organizer');
    const { id, role } = await organizer.user();
    if (role === 'organizer') return organizer;
    const request = { method: 'PATCH' as const, path: `/v1/users/${id}`, route: 'PATCH /v1/users/:id' };
    await this.client.send({ ...request, body: { role: 'organizer' } }, admin);
    await organizer.renew(await organizer.token());
    return organizer;
  }

  private account(name: string): Account {
    const email = `${name}@replay.example`;
    const password = createHmac('sha256', this.admin.password).update(email).digest('base64url').slice(0, 24);
    return new Account(this.client, email, password, true);
  }
}
