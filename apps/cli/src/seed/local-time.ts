/** The moment at which clocks in the time zone show that hour, on the day that `day` is in UTC. */
export function atLocalHour(day: Date, hour: number, timezone: string): Date {
  const asIfUtc = Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), day.getUTCDate(), hour);
  // Twice: around a change of clocks the first guess may take the offset of the other side.
  const guess = asIfUtc - offsetOf(asIfUtc, timezone);
  return new Date(asIfUtc - offsetOf(guess, timezone));
}

/** Milliseconds by which local time is ahead of UTC at that moment. */
function offsetOf(moment: number, timezone: string): number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const part = Object.fromEntries(
    format.formatToParts(moment).map(({ type, value }) => [type, Number(value)]),
  );
  const local = Date.UTC(part.year!, part.month! - 1, part.day, part.hour, part.minute, part.second);
  return local - Math.floor(moment / 1000) * 1000;
}
