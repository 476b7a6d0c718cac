import { gzipSync } from 'node:zlib';
import {
  Body,
  Controller,
  Get,
  ForbiddenException,
  Module,
  Param,
  Post,
  Put,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString } from 'class-validator';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { formatId, newId, refusals } from '#libs/kernel';
import {
  IdPipe,
  InputPipe,
  IsFlag,
  IsId,
  IsInstant,
  IsListOf,
  IsObjectOf,
  Omittable,
  PageQueryDto,
  ProblemFilter,
  RouteTable,
  parseBodies,
  sendTagged,
} from '../index.js';

class SeatDto {
  @IsInt()
  row!: number;

  /** A name that lists have a method of. */
  @IsOptional()
  @IsInt()
  push?: number;
}

class OrderDto {
  @IsId('ticketType')
  ticketTypeId!: string;

  @IsInstant()
  at!: Date;

  @Omittable()
  @IsString()
  note?: string;

  @Omittable()
  @IsId('seat', { each: true })
  seatIds?: string[];

  @Omittable()
  @IsObjectOf(() => SeatDto)
  seat?: SeatDto;

  @Omittable()
  @IsListOf(() => SeatDto, 1, 2)
  seats?: SeatDto[];
}

class ListDto extends PageQueryDto {
  @IsOptional()
  @IsFlag()
  mine?: boolean;

  @IsOptional()
  @IsString()
  search?: string;
}

class UnstorableDto {
  @Type(() => String)
  @IsString()
  text!: string;
}

@Controller('shop')
class ShopController {
  @Post('orders')
  order(@Body() body: OrderDto): object {
    return { ...body, isDate: body.at instanceof Date };
  }

  @Get('orders')
  list(@Query() query: ListDto): object {
    return { ...query };
  }

  @Get('orders/:id')
  read(@Param('id', new IdPipe('event')) id: string): object {
    return { id };
  }

  @Put('text')
  text(@Body() body: UnstorableDto): object {
    return body;
  }

  @Post('nothing')
  nothing(@Req() request: FastifyRequest): object {
    return { body: request.body === undefined ? 'none' : 'some' };
  }

  @Get('refusal')
  refuse(): never {
    throw refusals.overloaded('The lane is full.', { queue: 5000 });
  }

  @Get('bug')
  break(): never {
    throw new Error('SELECT secret FROM users');
  }

  @Get('away')
  away(): never {
    throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  }

  @Get('contended')
  contend(): never {
    throw Object.assign(new Error('canceling statement due to lock timeout'), { code: '55P03' });
  }

  @Get('forbidden')
  forbid(): never {
    throw new ForbiddenException('Not yours');
  }

  @Get('thing')
  thing(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): object | undefined {
    return sendTagged(request, reply, { version: 3, name: 'a thing' });
  }
}

@Module({ controllers: [ShopController] })
class ShopModule {}

let app: NestFastifyApplication;
let fastify: FastifyInstance;

beforeAll(async () => {
  const adapter = new FastifyAdapter({
    bodyLimit: 2000,
  });
  fastify = adapter.getInstance<FastifyInstance>();
  const routes = new RouteTable(fastify);
  app = await NestFactory.create<NestFastifyApplication>(ShopModule, adapter, {
    bodyParser: false,
    logger: false,
  });
  parseBodies(fastify);
  app.useGlobalFilters(new ProblemFilter(routes));
  app.useGlobalPipes(new InputPipe());
  await app.listen(0, '127.0.0.1');
});

afterAll(() => app.close());

const json = { 'content-type': 'application/json' };
const ticketTypeId = formatId('ticketType', newId(5));
const order = { ticketTypeId, at: '2026-11-22T19:30:00+01:00' };
const post = (url: string, payload: string | object, headers: Record<string, string> = json) =>
  fastify.inject({ method: 'POST', url, payload, headers });

it('tells a refusal with its code, its members, the trace and when to come back', async () => {
  const answer = await fastify.inject({ url: '/shop/refusal?token=x', headers: { 'x-request-id': 'mine' } });
  expect(answer.statusCode).toBe(503);
  expect(answer.headers).toMatchObject({ 'retry-after': '1', 'x-request-id': 'mine' });
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(answer.json()).toEqual({
    type: '/docs/problems#overloaded',
    title: expect.any(String),
    status: 503,
    detail: 'The lane is full.',
    instance: '/shop/refusal',
    code: 'overloaded',
    traceId: String(answer.headers.traceparent).split('-')[1],
    queue: 5000,
  });
});

it('tells nothing of a bug', async () => {
  const answer = await fastify.inject('/shop/bug');
  expect(answer.json()).toMatchObject({ status: 500, code: 'internal_error' });
  expect(answer.body).not.toMatch(/SELECT|secret|\.ts/);
});

it.each([
  ['/shop/away', 503, 'service_unavailable'],
  ['/shop/contended', 503, 'overloaded'],
  ['/shop/forbidden', 403, 'forbidden'],
  ['/nowhere', 404, 'not_found'],
  ['/shop/orders/evt_nonsense', 404, 'not_found'],
  [`/shop/orders/${'x'.repeat(90)}`, 404, 'not_found'],
  ['/shop/orders/%00', 404, 'not_found'],
])('GET %s is %d %s', async (url, status, code) => {
  const answer = await fastify.inject(url);
  expect(answer.json()).toMatchObject({ status, code });
  expect(answer.statusCode).toBe(status);
});

it('answers with 405 and the methods that the path takes', async () => {
  const answer = await fastify.inject({ method: 'DELETE', url: '/shop/orders' });
  expect(answer.json()).toMatchObject({ status: 405, code: 'method_not_allowed' });
  expect(answer.headers.allow).toBe('GET, HEAD, POST');
});

it('takes ids, times and nested objects in their public form', async () => {
  const seatId = formatId('seat', newId(5));
  const answer = await post('/shop/orders', {
    ...order,
    seatIds: [seatId],
    seat: { row: 1 },
    seats: [{ row: 2 }],
  });
  expect(answer.json()).toMatchObject({
    ticketTypeId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    at: '2026-11-22T18:30:00.000Z',
    isDate: true,
    seat: { row: 1 },
    seats: [{ row: 2 }],
  });
  expect(answer.statusCode).toBe(201);
});

it.each([
  ['a UUID for a public id', { ticketTypeId: newId(5) }, 'ticketTypeId'],
  ['an id of another kind', { ticketTypeId: formatId('event', newId(5)) }, 'ticketTypeId'],
  ['a number for an id', { ticketTypeId: 7 }, 'ticketTypeId'],
  ['a missing id', { ticketTypeId: undefined }, 'ticketTypeId'],
  ['null for an id', { ticketTypeId: null }, 'ticketTypeId'],
  ['null for a field that may be absent', { note: null }, 'note'],
  ['one wrong id in a list', { seatIds: [formatId('seat', newId(5)), 'sea_x'] }, 'seatIds'],
  ['an id for a list of them', { seatIds: formatId('seat', newId(5)) }, 'seatIds'],
  ['a date for a time', { at: '2026-11-22' }, 'at'],
  ['a day that does not exist', { at: '2026-02-30T00:00:00Z' }, 'at'],
  ['a time without a zone', { at: '2026-11-22T19:30:00' }, 'at'],
  ['a number for a time', { at: 1795000000000 }, 'at'],
  ['an unknown field', { discount: 100 }, 'discount'],
  ['an unknown field below', { seat: { row: 1, price: 0 } }, 'seat.price'],
  ['a list for an object', { seat: [] }, 'seat'],
  ['a list of objects for an object', { seat: [{ row: 1 }] }, 'seat'],
  ['a list in a list', { seats: [[{ row: 1 }]] }, 'seats'],
  ['an empty list', { seats: [] }, 'seats'],
  ['a longer list', { seats: [{ row: 1 }, { row: 1 }, { row: 1 }] }, 'seats'],
  ['a fault in a list', { seats: [{ row: 'one' }] }, 'seats.0.row'],
  ['a NUL character', { note: 'a\0b' }, 'note'],
  ['half of a surrogate pair', { note: '\ud800' }, 'note'],
])('refuses %s with 422 and its path', async (_, change, path) => {
  const answer = await post('/shop/orders', JSON.stringify({ ...order, ...change }));
  expect(answer.json()).toMatchObject({
    status: 422,
    code: 'validation_failed',
    errors: [{ path, message: expect.any(String) }],
  });
});

it.each([
  '[]',
  '"text"',
  '7',
  'null',
  '[{"a":1}]',
  '{"__proto__":{"ticketTypeId":"x"}}',
  '{"constructor":1}',
])('refuses a body that is %s with 422', async (body) => {
  const answer = await post('/shop/orders', body);
  expect(answer.json()).toMatchObject({ status: 422, code: 'validation_failed' });
});

it.each(['{', '', ' ', '{"a":1}x', "{'a':1}", '{"a":NaN}', '\ufeff'])(
  'does not take %p for an order',
  async (body) => {
    const answer = await post('/shop/orders', body);
    // No body at all misses its fields; anything else that is no JSON is malformed.
    expect(answer.json()).toMatchObject(
      body === '' ? { status: 422, code: 'validation_failed' } : { status: 400, code: 'malformed_json' },
    );
  },
);

it('refuses bytes that are no UTF-8', async () => {
  const payload = Buffer.concat([Buffer.from('{"note":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]);
  const answer = await fastify.inject({ method: 'POST', url: '/shop/orders', payload, headers: json });
  expect(answer.json()).toMatchObject({ status: 400, code: 'malformed_json' });
});

it.each([
  ['text/plain', 415],
  ['application/x-www-form-urlencoded', 415],
  ['application/merge-patch+json', 415],
  ['nonsense', 415],
  ['application/json; charset=utf-8', 201],
])('takes an order as %s with %d', async (type, status) => {
  const answer = await post('/shop/orders', JSON.stringify(order), { 'content-type': type });
  expect(answer.statusCode).toBe(status);
  if (status === 415) expect(answer.json()).toMatchObject({ code: 'unsupported_media_type' });
});

it('refuses a compressed body, which it would not read', async () => {
  const payload = gzipSync(JSON.stringify(order));
  const headers = { ...json, 'content-encoding': 'gzip' };
  const answer = await fastify.inject({ method: 'POST', url: '/shop/orders', payload, headers });
  expect(answer.json()).toMatchObject({ status: 415, code: 'unsupported_media_type' });
});

it.each(['application/json', 'text/plain', 'application/x-www-form-urlencoded', 'image/png'])(
  'takes an empty body of type %s for none',
  async (type) => {
    const headers = { 'content-type': type };
    const answer = await fastify.inject({ method: 'POST', url: '/shop/nothing', headers, payload: '' });
    expect(answer.json()).toEqual({ body: 'none' });
  },
);

it('refuses a body past the limit with 413', async () => {
  const answer = await post('/shop/orders', { ...order, note: 'x'.repeat(3000) });
  expect(answer.json()).toMatchObject({ status: 413, code: 'payload_too_large' });
});

it('reads a page query and fills in the default', async () => {
  expect((await fastify.inject('/shop/orders?mine=true&limit=7&cursor=abc')).json()).toEqual({
    mine: true,
    limit: 7,
    cursor: 'abc',
  });
  expect((await fastify.inject('/shop/orders')).json()).toEqual({ limit: 20 });
});

it.each([
  'limit=0',
  'limit=101',
  'limit=',
  'limit=1.5',
  'limit=1&limit=2',
  'limit=1e1',
  'page=2',
  'mine=yes',
])('refuses the query %s with 422', async (query) => {
  expect((await fastify.inject(`/shop/orders?${query}`)).json()).toMatchObject({ code: 'validation_failed' });
});

it.each(['search=%00', '__proto__=1', 'constructor=1', 'search[a]=1'])(
  'refuses the query %s, which nothing could use',
  async (query) => {
    expect((await fastify.inject(`/shop/orders?${query}`)).json()).toMatchObject({
      code: 'validation_failed',
    });
  },
);

it('answers an If-None-Match that names the tag with 304 and no body', async () => {
  const first = await fastify.inject('/shop/thing');
  const tag = String(first.headers.etag);
  const read = (header: string) =>
    fastify.inject({ url: '/shop/thing', headers: { 'if-none-match': header } });
  for (const header of [tag, `"other", ${tag}`, `W/${tag}`, '*']) {
    const again = await read(header);
    expect([again.statusCode, again.body, again.headers.etag]).toEqual([304, '', tag]);
  }
  expect((await read('"3-stale"')).statusCode).toBe(200);
});
