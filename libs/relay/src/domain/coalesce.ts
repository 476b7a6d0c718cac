/** What is known of a DomainEvent's place among the news of its subject. */
export interface News {
  subject: string;
  subjectVersion: number;
}

/**
 * Of each subject the one with the highest version (the later one of equals), ordered by subject: so that a set-wise
 * upsert meets each row once, and two of them lock their rows in the same order.
 */
export function newestBySubject<N extends News>(news: readonly N[]): N[] {
  const newest = new Map<string, N>();
  for (const item of news) {
    const known = newest.get(item.subject);
    if (!known || item.subjectVersion >= known.subjectVersion) newest.set(item.subject, item);
  }
  return [...newest.values()].sort((a, b) => (a.subject < b.subject ? -1 : 1));
}
