// A server of one kind that answers every GET /v1/events/:id with the same event. Environment: PORT, BENCH_STACK, BENCH_BODY.
import 'reflect-metadata';
import {
  type CanActivate,
  Controller,
  Get,
  type INestApplication,
  Injectable,
  Module,
  type NestInterceptor,
  Param,
  type Type,
  ValidationPipe,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { IsString, Length } from 'class-validator';
import fastify from 'fastify';
import { LoggerModule } from 'nestjs-pino';
import { createServer } from 'node:http';
import { map } from 'rxjs';
import { answer } from './worker.process.js';

const { PORT = '', BENCH_STACK = '', BENCH_BODY = '' } = process.env;
const HOST = '127.0.0.1';
const event = JSON.parse(BENCH_BODY) as object;

// Decorators are called as functions: files here run as they are written, and Node knows no decorators.

class EventParams {
  id!: string;
}
IsString()(EventParams.prototype, 'id');
Length(30, 30)(EventParams.prototype, 'id');

class Bare {
  read(): object {
    return event;
  }
}
Get('v1/events/:id')(Bare.prototype, 'read', Object.getOwnPropertyDescriptor(Bare.prototype, 'read')!);
Controller()(Bare);

class Usual {
  read(_params: EventParams): object {
    return event;
  }
}
Reflect.defineMetadata('design:paramtypes', [EventParams], Usual.prototype, 'read');
Param()(Usual.prototype, 'read', 0);
Get('v1/events/:id')(Usual.prototype, 'read', Object.getOwnPropertyDescriptor(Usual.prototype, 'read')!);
Controller()(Usual);

class Guard implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}
Injectable()(Guard);

const interceptor: NestInterceptor = {
  intercept: (_context, next) => next.handle().pipe(map((value: unknown) => value)),
};

function moduleOf(controller: Type, imports: NonNullable<Parameters<typeof Module>[0]['imports']>): Type {
  class Root {}
  Module({ controllers: [controller], imports })(Root);
  return Root;
}

async function listen(module: Type, prepare: (app: INestApplication) => void): Promise<void> {
  const app = await NestFactory.create(module, new FastifyAdapter(), { logger: false });
  prepare(app);
  await app.listen(Number(PORT), HOST);
}

const STACKS: Record<string, () => Promise<unknown>> = {
  async 'node-http'() {
    const body = Buffer.from(BENCH_BODY);
    const headers = { 'content-type': 'application/json; charset=utf-8', 'content-length': body.length };
    const server = createServer((_request, response) => {
      response.writeHead(200, headers).end(body);
    });
    await new Promise<void>((resolve) => server.listen(Number(PORT), HOST, resolve));
  },
  async fastify() {
    const server = fastify();
    server.get('/v1/events/:id', (_request, reply) => {
      reply.send(event);
    });
    await server.listen({ port: Number(PORT), host: HOST });
  },
  nest: () => listen(moduleOf(Bare, []), () => undefined),
  'nest-usual': () =>
    listen(moduleOf(Usual, [LoggerModule.forRoot({ pinoHttp: { level: 'info' } })]), (app) => {
      app.useGlobalGuards(new Guard());
      app.useGlobalInterceptors(interceptor);
      app.useGlobalPipes(new ValidationPipe({ transform: true, whitelist: true }));
    }),
};

await STACKS[BENCH_STACK]!();
answer({ ready: () => true });
