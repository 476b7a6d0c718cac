/** Why the server ends a connection (RFC 6455, section 7.4, and the registry of IANA). */
export const CLOSE = {
  /** The token is bad or has run out, the session was ended, or the client floods. */
  policy: 1008,
  /** The process ends: connect again, to another one. */
  restart: 1012,
  /** The client reads too slowly, or has too many connections: connect again later. */
  later: 1013,
} as const;
