/** A request that carried an `Idempotency-Key`. */
export interface IdempotentRequest {
  /** The slot of what the request works on; the answer's row moves with it. */
  slot: number;
  /** UUID of the user or api key that sent it. */
  caller: string;
  /** 1 to 255 printable ASCII characters. */
  key: string;
  /** From `fingerprintOf`: 32 bytes. */
  fingerprint: Buffer;
}

/** A success: a status from 200 to 299 and the body as the client gets it (public ids, JSON values). */
export interface Success<Body = unknown> {
  status: number;
  body: Body;
}

/** A success, and whether it is the stored one of an earlier request. */
export interface Answer<Body = unknown> extends Success<Body> {
  replayed: boolean;
}
