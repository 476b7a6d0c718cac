/** A request that came in one piece and alone, as much of it as the door looks at. */
export interface WholeRequest {
  method: string;
  url: string;
  requestId: string | undefined;
  traceparent: string | undefined;
  /** A character a byte. */
  body: string;
}

/** Bytes and headers beyond which nobody looks. */
const MOST = 8192;
const MOST_HEADERS = 64;
const END_OF_HEAD = '\r\n\r\n';
// HEAD is not among them: its answers have no body.
const START = /^(GET|POST|PUT|PATCH|DELETE) (\/[!-~]*) HTTP\/1\.1$/;
const NAME = /^[\w!#$%&'*+.^`|~-]+$/;
/** Controls, a CR or LF without the other, and lines that go on in the next. */
const UNCLEAR = /[^\t\r\n -~\x80-\xff]|\r[^\n]|[^\r]\n|\n[ \t]/;
const LENGTH = /^[ \t]*(\d{1,4})[ \t]*$/;

/**
 * Reads bytes that are one request, all of it and nothing else, and gives null whenever there is the least doubt that every
 * parser takes them for that. What precedes them is for the caller to know.
 */
export function wholeRequestIn(bytes: Buffer): WholeRequest | null {
  if (bytes.length > MOST) return null;
  const text = bytes.toString('latin1');
  const end = text.indexOf(END_OF_HEAD);
  if (end < 0) return null;
  const head = text.slice(0, end);
  const startEnd = head.indexOf('\r\n');
  if (startEnd < 0 || UNCLEAR.test(head)) return null;
  const start = START.exec(head.slice(0, startEnd));
  const headers = start && headersIn(head, startEnd + 2);
  if (!headers) return null;
  const [, length] = LENGTH.exec(headers['content-length'] ?? '0') ?? [];
  const body = text.slice(end + END_OF_HEAD.length);
  if (Number(length) !== body.length) return null;
  const { 'x-request-id': requestId, traceparent } = headers;
  return { method: start[1]!, url: start[2]!, requestId, traceparent, body };
}

/** The headers that matter here, with the white space around them. */
interface Headers {
  'content-length'?: string;
  'x-request-id'?: string;
  traceparent?: string;
}

/** Null when one is not clear, or says more of a message or of its connection than this reads. */
function headersIn(head: string, from: number): Headers | null {
  const headers: Headers = {};
  for (let [at, count] = [from, 0]; at < head.length;) {
    const next = head.indexOf('\r\n', at);
    const end = next < 0 ? head.length : next;
    const colon = head.indexOf(':', at);
    if (colon < 0 || colon > end || ++count > MOST_HEADERS) return null;
    const name = head.slice(at, colon).toLowerCase();
    switch (name) {
      case 'content-length':
      case 'x-request-id':
      case 'traceparent':
        if (headers[name] !== undefined) return null;
        headers[name] = head.slice(colon + 1, end);
        break;
      case 'transfer-encoding':
      case 'expect':
      case 'upgrade':
      case 'connection':
      case 'proxy-connection':
        return null;
      default:
        if (!NAME.test(name)) return null;
    }
    at = end + 2;
  }
  return headers;
}
