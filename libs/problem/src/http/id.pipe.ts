import { Injectable, type PipeTransform } from '@nestjs/common';
import { type IdKind, parseId, refusals } from '#libs/kernel';

/** `@Param('id', new IdPipe('event')) eventId` is the UUID behind a public id; anything else is 404. */
@Injectable()
export class IdPipe implements PipeTransform<string, string> {
  constructor(private readonly kind: IdKind) {}

  transform(value: string): string {
    const uuid = parseId(this.kind, value);
    if (uuid === null) throw refusals.not_found('There is nothing with this id.');
    return uuid;
  }
}
