import { refusals } from '#libs/kernel';
import type { Shards } from '#libs/sharding';
import { type SettledList, findSettings } from './persistence/lists.repository.js';
import type { Person } from './person.types.js';

/** What is settled about the waitlist of an event that the person manages; throws `not_found` otherwise. */
export async function requireManaged(shards: Shards, person: Person, eventId: string): Promise<SettledList> {
  const list = await shards.ofId(eventId).readNow(({ sql }) => findSettings(sql, eventId));
  if (!list || !person.manages(list.organizationId)) throw refusals.not_found('There is no such event.');
  return list;
}
