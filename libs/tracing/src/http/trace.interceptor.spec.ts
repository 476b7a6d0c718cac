import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, Get } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import {
  addSpan,
  currentTrace,
  endedSpan,
  inSpan,
  inTrace,
  startTrace,
  Traced,
  traceRequests,
} from '../index.js';
import { openLog } from '../index.js';
import { recorder } from '../trace.recorder.js';

@Traced()
@Controller()
class ThingsController {
  @Get('works')
  async works(): Promise<string> {
    await inSpan('inner', { one: 1 }, () => sleep(2));
    return currentTrace()!.traceId;
  }

  @Get('fails')
  async fails(): Promise<string> {
    await sleep(1);
    throw new Error('broken');
  }
}

let app: NestFastifyApplication;

beforeAll(async () => {
  const module = await Test.createTestingModule({ controllers: [ThingsController] }).compile();
  app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
  app.useLogger(false);
  const log = openLog({ processName: 'api', log: { level: 'silent', pretty: false } } as never);
  traceRequests(app.getHttpAdapter().getInstance(), log);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
});
afterAll(() => app.close());

it('shows a controller’s method as a span, with what happens in it below', async () => {
  const { body } = await app.inject('/works');
  const { trace } = recorder.store.ofTrace(body)[0]!;
  const [inner, method] = trace.spans!;
  expect(method).toMatchObject({ name: 'ThingsController.works', parent: null, failed: false });
  expect(inner).toMatchObject({ name: 'inner', attributes: { one: 1 } });
  expect(inner!.parent).toBe(method);
  expect(method!.endedAt).toBeGreaterThanOrEqual(inner!.endedAt);
});

it('marks a method that throws, and lets its error through', async () => {
  const answer = await app.inject('/fails');
  expect(answer.statusCode).toBe(500);
  const [newest] = recorder.store.search({ status: '500' }, 1);
  expect(newest!.trace.spans).toMatchObject([{ name: 'ThingsController.fails', failed: true }]);
});

it('keeps a bounded number of spans and counts the others', () => {
  const trace = startTrace(undefined);
  inTrace(trace, () => {
    for (let i = 0; i < 250; i++) addSpan(endedSpan('step', 0, 1, {}));
  });
  expect([trace.spans!.length, trace.dropped]).toEqual([200, 50]);
});
