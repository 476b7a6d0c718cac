import fc from 'fast-check';

/** What all want, and what few do. */
export const HOT = 'evt_00000000000000000000000001';
export const OTHER = 'evt_00000000000000000000000002';

export const request = (start: string, body = '', headers: readonly string[] = []) =>
  [`${start} HTTP/1.1`, 'Host: x', ...headers, `Content-Length: ${body.length}`, '', body].join('\r\n');
export const booking = (eventId: string, query = '') =>
  request(`POST /v1/bookings${query}`, `{"eventId":"${eventId}"}`);
export const reading = (id: string, query = '') => `GET /v1/events/${id}${query} HTTP/1.1\r\nhost: x\r\n\r\n`;

/** What a client sends, by which the answers are told apart. */
const requests = fc
  .tuple(
    fc.constantFrom('', '?slow'),
    fc.constantFrom(HOT, HOT, HOT, OTHER),
    fc.constantFrom(
      (id: string, query: string) => booking(id, query),
      (id: string, query: string) => booking(id, query),
      (id: string, query: string) => reading(id, query),
      (id: string, query: string) => `\r\n${reading(id, query)}`,
      (_: string, query: string) => request(`PUT /other${query}`, booking(HOT)),
      (id: string, query: string) =>
        request(`POST /v1/bookings${query}`, `{"eventId":"${id}"}`, [
          `X-Note: ${booking(HOT).split('\r\n', 1)[0]!}`,
        ]),
      (id: string, query: string) => booking(id, query).replace('Content-Length: ', 'content-length:\t0'),
      (id: string, query: string) =>
        booking(id, query).replace('Host: x', 'Host: x\r\nConnection: keep-alive'),
      (id: string, query: string) => booking(id, query).replace('Host: x', 'Host: x\r\nExpect: 100-continue'),
      (id: string, query: string) => {
        const [head, body] = booking(id, query).split('\r\n\r\n') as [string, string];
        const chunked = head.replace(/Content-Length.*/, 'Transfer-Encoding: chunked');
        return `${chunked}\r\n\r\n5\r\n${body.slice(0, 5)}\r\n${(body.length - 5).toString(16)}\r\n${body.slice(5)}\r\n0\r\n\r\n`;
      },
    ),
  )
  .map(([query, id, form]) => form(id, query));
/** After these nobody knows any more where a message begins, or nothing may follow. */
const ends = fc.constantFrom(
  '',
  booking(HOT).replace('Host: x', 'Host: x\r\nContent-Length: 3'),
  booking(HOT).replace('Host: x', 'Host: x\r\nTransfer-Encoding: chunked'),
  booking(HOT).replace('Host: x', 'Host : x'),
  booking(HOT).replace('Content-Length: ', 'Content-Length: 5 '),
  booking(HOT).replace('Host: x\r\n', 'Host: x\r\n folded: y\r\n'),
  booking(HOT).replace('Host: x\r\n', 'Host: x\n'),
  booking(HOT).replace('Host: x', 'Host: x\u0001'),
  booking(HOT).replace('HTTP/1.1', 'HTTP/1.0'),
  booking(HOT).replace('Host: x', 'Host: x\r\nConnection: close'),
  booking(HOT).replace('Host: x', 'Host: x\r\nProxy-Connection: close'),
  'nonsense\r\n\r\n',
);
const mostly = fc.constantFrom(true, true, true, false);
export const streams = fc.record({
  parts: fc.array(requests, { minLength: 1, maxLength: 12 }),
  end: ends,
  // Mostly where a request ends, for only then is it answered before http.
  cuts: fc.array(fc.tuple(fc.boolean(), fc.nat()), { maxLength: 4 }),
  floods: fc.array(mostly, { minLength: 1, maxLength: 6 }),
  waits: fc.array(mostly, { minLength: 1, maxLength: 6 }),
});
