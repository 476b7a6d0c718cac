import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Answer, Ask, Named, Requested, View } from '#libs/caching';
import { InputPipe, entityTagOf } from '#libs/problem';
import { DirectoryService } from '../directory.service.js';
import { DIRECTORY_TAG } from '../event-answers.service.js';
import { EventQueryDto } from './directory.dto.js';
import { listEvents } from './directory.query.js';

type Query = Readonly<Record<string, string>>;

interface DirectoryAsk extends Ask {
  query: Query;
}

/** Characters of a query that is worth keeping: nobody else asks the longer ones. */
const MAX_KEY = 300;
const FORM = 'directory.1:';

/**
 * Lists and searches of what is published. Lists are to show a change within 2 s: relay and replica take their part of
 * that, so these live less than one.
 */
@Injectable()
export class PublicDirectory implements View<DirectoryAsk>, Requested<DirectoryAsk>, Named<DirectoryAsk> {
  readonly name = 'directory';
  readonly lifetimes = {
    memory: { fresh: 300, stale: 200 },
    shared: { fresh: 300, stale: 0 },
    missing: 0,
  };
  private readonly input = new InputPipe();

  constructor(private readonly directory: DirectoryService) {}

  /** One's own events are for their organizer only; what is given twice is refused by the controller. */
  askOf(request: FastifyRequest): DirectoryAsk | null {
    const query = request.query as Record<string, unknown>;
    if ('mine' in query || !isPlain(query)) return null;
    return askFor(query);
  }

  /** By its tag, the list that nothing is asked of. */
  askNamed(name: string): DirectoryAsk | null {
    if (name === DIRECTORY_TAG) return askFor({});
    if (!name.startsWith(FORM)) return null;
    return askFor(Object.fromEntries(new URLSearchParams(name.slice(FORM.length))));
  }

  async load({ query }: DirectoryAsk, current: boolean): Promise<Answer> {
    const valid = (await this.input.transform(query, {
      type: 'query',
      metatype: EventQueryDto,
    })) as EventQueryDto;
    const json = JSON.stringify(await listEvents(this.directory, valid, null, current));
    return { version: 0, tag: entityTagOf(0, json), body: Buffer.from(json) };
  }
}

function askFor(query: Query): DirectoryAsk | null {
  const text = new URLSearchParams(query);
  text.sort();
  const key = text.toString();
  return key.length > MAX_KEY ? null : { key: `${FORM}${key}`, tags: [DIRECTORY_TAG], query };
}

function isPlain(query: Record<string, unknown>): query is Query {
  return Object.values(query).every((value) => typeof value === 'string');
}
