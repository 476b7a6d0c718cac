import type { IncomingMessage } from 'node:http';

/** Bytes of a body that is looked into; whoever names something in a longer one is not told apart. */
const MOST = 16 * 1024;

/**
 * Looks for a string member of a JSON body that nobody has read yet, and leaves the body as it was. This is no parser:
 * it gives the first such string, wherever it stands, and null when there is none in a short body that says its length.
 */
export function peekMember(
  request: IncomingMessage,
  member: string,
  tell: (value: string | null) => void,
): void {
  const length = Number(request.headers['content-length'] ?? 0);
  if (!(length > 0 && length <= MOST)) return tell(null);
  const look = () => {
    const body = request.read(length) as Buffer | null;
    if (!body) return void request.once('readable', look);
    request.unshift(body);
    tell(memberIn(body.toString('latin1'), member));
  };
  // What came in one piece with its head is there as soon as the parser has returned.
  process.nextTick(look);
}

/** The same in a body that is there. */
export function memberIn(text: string, member: string): string | null {
  const name = text.indexOf(`"${member}"`);
  if (name < 0) return null;
  const from = text.indexOf('"', name + member.length + 2);
  const to = text.indexOf('"', from + 1);
  return from < 0 || to < 0 ? null : text.slice(from + 1, to);
}
