import { type KeyObject, createPrivateKey, createPublicKey, hkdfSync } from 'node:crypto';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { type Config, InjectConfig } from '#libs/config';
import { type Admission, type Admitting, admissionsOf } from './domain/admission.js';
import { type TicketClaims, readTicketCode, ticketCodes, unsignedCodes } from './domain/ticket-code.js';
import { TicketSigner } from './ticket.signer.js';

/** An admission with the code that its holder shows at the door. */
export interface Ticket extends Admission {
  code: string;
}

/** Makes the codes of tickets. The same booking always gives the same codes, so they are not stored. */
@Injectable()
export class Tickets implements OnApplicationShutdown {
  private readonly signer: TicketSigner;
  private readonly publicKey: KeyObject;
  private readonly secret: Buffer;

  constructor(@InjectConfig() config: Config) {
    const key = createPrivateKey(config.tickets.signingKey);
    this.signer = new TicketSigner(key);
    this.publicKey = createPublicKey(key);
    const der = key.export({ type: 'pkcs8', format: 'der' });
    this.secret = Buffer.from(hkdfSync('sha256', der, '', 'evently ticket nonces', 32));
  }

  /** What a code says; null when we did not sign it. */
  read(code: string): TicketClaims | null {
    return readTicketCode(code, this.publicKey);
  }

  async of(booking: Admitting & { eventId: string }): Promise<Ticket[]> {
    const admissions = admissionsOf(booking);
    const { id: bookingId, eventId } = booking;
    const unsigned = unsignedCodes({ bookingId, eventId, count: admissions.length }, this.secret);
    const codes = ticketCodes(unsigned, await this.signer.sign(unsigned.toSign));
    return admissions.map((admission, i) => ({ ...admission, code: codes[i]! }));
  }

  onApplicationShutdown(): Promise<void> {
    return this.signer.close();
  }
}
