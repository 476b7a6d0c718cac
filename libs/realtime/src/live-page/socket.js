/** Longest pause before connecting again, in milliseconds; half of it is random, so that not all come back at once. */
const LONGEST = 8000;
/** Silence after which the connection is asked whether it is there. */
const QUIET = 20_000;

/**
 * A connection to /v1/ws that comes back by itself and goes on where it was.
 * `heard` gets the messages of the topics, `state` connecting, live or away, `refused` a token that is none any more.
 */
export function connect({ topics, token, heard, state, refused }) {
  let wanted = topics;
  let socket = null;
  let failures = 0;
  let quiet;
  /** The last seq of each topic; nothing yet: 0, which is too old, so that a snapshot comes. */
  const seen = new Map();

  function open() {
    state('connecting');
    socket = new WebSocket(`${location.protocol.replace('http', 'ws')}//${location.host}/v1/ws`);
    socket.addEventListener('open', hello);
    socket.addEventListener('message', ({ data }) => receive(JSON.parse(data)));
    socket.addEventListener('close', again);
  }

  function hello() {
    const known = token();
    if (known) send('authenticate', { token: known });
    subscribe(wanted);
  }

  function subscribe(names) {
    send('subscribe', {
      topics: names,
      after: Object.fromEntries(names.map((name) => [name, seen.get(name) ?? 0])),
    });
  }

  function receive({ event, topic, seq, data }) {
    clearTimeout(quiet);
    quiet = setTimeout(() => send('ping'), QUIET);
    if (event === 'subscribed') {
      failures = 0;
      state('live');
    } else if (event === 'error') {
      if (data.code === 'unauthenticated') void refused();
    } else if (topic) {
      // What was heard already comes again after a reconnect at the wrong moment.
      if (event !== 'snapshot' && seq <= (seen.get(topic) ?? 0)) return;
      seen.set(topic, seq);
      heard({ event, topic, data });
    }
  }

  function again(closed) {
    if (closed.target !== socket) return;
    clearTimeout(quiet);
    state('away');
    const pause = Math.min(LONGEST, 250 * 2 ** failures++);
    setTimeout(open, pause / 2 + (Math.random() * pause) / 2);
  }

  function send(event, data) {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ event, data }));
  }

  /** Follows other topics, as somebody else: on a connection of its own. */
  function follow(next) {
    for (const name of seen.keys()) if (name === 'me') seen.delete(name);
    wanted = next;
    const old = socket;
    open();
    old?.close();
  }

  return { open, follow };
}
