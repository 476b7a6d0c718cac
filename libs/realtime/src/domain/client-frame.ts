/** What a client asks for. */
export type ClientFrame =
  | { event: 'authenticate'; token: string }
  | { event: 'subscribe'; topics: string[]; after: Map<string, number> }
  | { event: 'unsubscribe'; topics: string[] }
  | { event: 'ping' };

/** Names in one frame: as many as a connection may follow, and some that it is told it may not. */
const MAX_TOPICS = 100;
const MAX_NAME = 100;

/** Reads a frame; the text says what is wrong with it. */
export function parseFrame(text: string): ClientFrame | string {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return 'A frame is JSON: { "event": …, "data": … }.';
  }
  if (!isRecord(frame) || typeof frame.event !== 'string') return 'A frame is { "event": …, "data": … }.';
  const data = frame.data ?? {};
  if (!isRecord(data)) return '"data" must be an object.';
  switch (frame.event) {
    case 'ping':
      return { event: 'ping' };
    case 'authenticate':
      if (typeof data.token !== 'string') return 'authenticate needs { "token": "…" }.';
      return { event: 'authenticate', token: data.token };
    case 'subscribe':
      return parseSubscribe(data);
    case 'unsubscribe':
      if (!isTopics(data.topics)) return FAULT_OF_TOPICS;
      return { event: 'unsubscribe', topics: data.topics };
    default:
      return 'There are authenticate, subscribe, unsubscribe and ping.';
  }
}

const FAULT_OF_TOPICS = `"topics" must be a list of 1 to ${MAX_TOPICS} names.`;

function parseSubscribe({ topics, after = {} }: Record<string, unknown>): ClientFrame | string {
  if (!isTopics(topics)) return FAULT_OF_TOPICS;
  if (!isRecord(after)) return '"after" must be { "<topic>": <seq> }.';
  const positions = new Map<string, number>();
  for (const [topic, seq] of Object.entries(after)) {
    if (!Number.isSafeInteger(seq) || (seq as number) < 0)
      return `"after" of ${topic.slice(0, MAX_NAME)} must be a seq.`;
    if (!topics.includes(topic)) return '"after" names a topic that is not in "topics".';
    positions.set(topic, seq as number);
  }
  return { event: 'subscribe', topics: [...new Set(topics)], after: positions };
}

function isTopics(value: unknown): value is string[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= MAX_TOPICS &&
    value.every((name) => typeof name === 'string' && name.length <= MAX_NAME)
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
