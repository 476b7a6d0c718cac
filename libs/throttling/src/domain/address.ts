/**
 * Whom an address stands for: an IPv4 address for itself, an IPv6 address for its /64, since one subscriber
 * has that whole network. IPv4 written as IPv6 (`::ffff:192.0.2.1`) counts as IPv4.
 */
export function subscriberOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped) return mapped[1]!;
  if (!address.includes(':')) return address;
  return `${groups(address).slice(0, 4).join(':')}::/64`;
}

/** The eight groups, `::` and a zone spelled out, without leading zeros. An IPv4 tail only touches the last two. */
function groups(address: string): string[] {
  const [head, tail] = address.split('%', 1)[0]!.split('::') as [string, string | undefined];
  const list = (part: string | undefined) =>
    part ? part.split(':').map((g) => g.replace(/^0+(?=.)/, '').toLowerCase()) : [];
  const [front, back] = [list(head), list(tail)];
  const gap = tail === undefined ? 0 : 8 - front.length - back.length;
  return [...front, ...Array<string>(Math.max(0, gap)).fill('0'), ...back];
}
