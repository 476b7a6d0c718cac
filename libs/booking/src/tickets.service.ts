import { type KeyObject, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { Injectable } from '@nestjs/common';
import { type Config, InjectConfig } from '#libs/config';
import { type Admission, type Admitting, admissionsOf } from './domain/admission.js';
import { type TicketClaims, claimBytes, readTicketCode, ticketCode } from './domain/ticket-code.js';

// With a callback it runs beside the event loop, some 50 µs of a core a signature.
const signAside = promisify(sign) as (algorithm: null, data: Buffer, key: KeyObject) => Promise<Buffer>;

/** An admission with the code that its holder shows at the door. */
export interface Ticket extends Admission {
  code: string;
}

/** Makes the codes of tickets. The same booking always gives the same codes, so they are not stored. */
@Injectable()
export class Tickets {
  private readonly key: KeyObject;
  private readonly publicKey: KeyObject;

  constructor(@InjectConfig() config: Config) {
    this.key = createPrivateKey(config.tickets.signingKey);
    this.publicKey = createPublicKey(this.key);
  }

  /** What a code says; null when we did not sign it. */
  read(code: string): TicketClaims | null {
    return readTicketCode(code, this.publicKey);
  }

  async of(booking: Admitting & { eventId: string }): Promise<Ticket[]> {
    return Promise.all(
      admissionsOf(booking).map(async (admission) => {
        const claims = claimBytes({
          bookingId: booking.id,
          eventId: booking.eventId,
          number: admission.number,
        });
        return { ...admission, code: ticketCode(claims, await signAside(null, claims, this.key)) };
      }),
    );
  }
}
