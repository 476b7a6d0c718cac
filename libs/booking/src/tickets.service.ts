import { type KeyObject, createPrivateKey, createPublicKey, hkdfSync } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type Config, InjectConfig } from '#libs/config';
import { type Admission, type Admitting, admissionsOf } from './domain/admission.js';
import { type TicketClaims, type TicketKeys, readTicketCode, ticketCodes } from './domain/ticket-code.js';

/** An admission with the code that its holder shows at the door. */
export interface Ticket extends Admission {
  code: string;
}

/** Makes the codes of tickets. The same booking always gives the same codes, so they are not stored. */
@Injectable()
export class Tickets {
  private readonly keys: TicketKeys;
  private readonly publicKey: KeyObject;

  constructor(@InjectConfig() config: Config) {
    const signing = createPrivateKey(config.tickets.signingKey);
    const der = signing.export({ type: 'pkcs8', format: 'der' });
    const secret = Buffer.from(hkdfSync('sha256', der, '', 'evently ticket nonces', 32));
    this.keys = { signing, secret };
    this.publicKey = createPublicKey(signing);
  }

  /** What a code says; null when we did not sign it. */
  read(code: string): TicketClaims | null {
    return readTicketCode(code, this.publicKey);
  }

  /**
   * Signs once a booking, some 22 µs, on the event loop: beside it, in a thread of its own, handing the work over and back
   * costs the loop as much again.
   */
  of(booking: Admitting & { eventId: string }): Ticket[] {
    const admissions = admissionsOf(booking);
    const of = { bookingId: booking.id, eventId: booking.eventId, count: admissions.length };
    const codes = ticketCodes(of, this.keys);
    return admissions.map((admission, i) => ({ ...admission, code: codes[i]! }));
  }
}
