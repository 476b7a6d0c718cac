import { Accounts, type User, Users } from '#libs/identity';
import { Refusal } from '#libs/kernel';
import { ATTENDEES, ORGANIZERS } from './seed.plan.js';

/** In the first organizer's name until everything is there, so that a seed that was interrupted goes on. */
const UNFINISHED = ' (being seeded)';
const AGENCIES = ['Nachtmusik Konzerte', 'Four Corners Events', 'Kulisse & Partner'];

/** The people of the demo: those who sell and those who buy. */
export interface DemoPeople {
  organizers: User[];
  attendees: User[];
}

export const organizerEmail = (index: number) => `organizer-${index + 1}@evently.example`;
const attendeeEmail = (index: number) => `attendee-${index + 1}@evently.example`;

/** Accounts of the demo, through the product's own services. */
export class SeedAccounts {
  constructor(
    private readonly accounts: Accounts,
    private readonly users: Users,
  ) {}

  /** There are no events and nobody has an account, but for the administrator; or only part of the seed was done. */
  async mayBeSeeded(hasEvents: boolean): Promise<boolean> {
    const first = await this.find(organizerEmail(0));
    if (first) return first.name.endsWith(UNFINISHED);
    if (hasEvents) return false;
    const { data } = await this.users.list({ limit: 2 });
    return data.every((user) => user.role === 'admin') && data.length < 2;
  }

  async create(password: string): Promise<DemoPeople> {
    const [first, ...others] = AGENCIES;
    const organizers = [await this.organizer(0, `${first}${UNFINISHED}`, password)];
    for (const [i, name] of others.entries()) organizers.push(await this.organizer(i + 1, name, password));
    if (organizers.length !== ORGANIZERS) throw new Error(`the plan wants ${ORGANIZERS} organizers`);
    const attendees = await Promise.all(
      Array.from({ length: ATTENDEES }, (_, i) =>
        this.account(attendeeEmail(i), `Attendee ${i + 1}`, password),
      ),
    );
    return { organizers, attendees };
  }

  /** Nothing is left to do. */
  async finish({ organizers }: DemoPeople): Promise<void> {
    await this.users.changeProfile(organizers[0]!.id, { name: AGENCIES[0] });
  }

  private async organizer(index: number, name: string, password: string): Promise<User> {
    const user = await this.account(organizerEmail(index), name, password);
    return this.users.changeRole(user.id, 'organizer');
  }

  private async account(email: string, name: string, password: string): Promise<User> {
    try {
      return (await this.accounts.register({ email, name, password })).user;
    } catch (error) {
      const known = error instanceof Refusal && error.code === 'email_taken' ? await this.find(email) : null;
      if (!known) throw error;
      return known;
    }
  }

  private async find(email: string): Promise<User | null> {
    return (await this.users.list({ email, limit: 1 })).data[0] ?? null;
  }
}
