import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Controller, Get, Param, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '#libs/identity';
import { refusals } from '#libs/kernel';
import { IdPipe } from '#libs/problem';

const FOLDER = join(import.meta.dirname, '../live-page');
const TYPES = { html: 'text/html', css: 'text/css', js: 'text/javascript' };
const ASSETS = new Map(['live.css', 'live.js', 'socket.js'].map((name) => [name, read(name)]));
const PAGE = read('live.html');

/** Nothing but what this server sends; `self` is the socket too. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** A page for people: the seats of an event, as they turn. */
@ApiExcludeController()
@Public()
@Controller('live')
export class LivePageController {
  @Get(':eventId')
  page(@Param('eventId', new IdPipe('event')) _eventId: string, @Res() reply: FastifyReply): void {
    reply.header('content-security-policy', POLICY);
    send(reply, PAGE);
  }

  @Get('assets/:name')
  asset(@Param('name') name: string, @Res() reply: FastifyReply): void {
    const asset = ASSETS.get(name);
    if (!asset) throw refusals.not_found('There is no such part of the page.');
    send(reply, asset);
  }
}

interface File {
  type: string;
  body: string;
}

function read(name: string): File {
  const ending = name.split('.')[1] as keyof typeof TYPES;
  return { type: `${TYPES[ending]}; charset=utf-8`, body: readFileSync(join(FOLDER, name), 'utf8') };
}

function send(reply: FastifyReply, { type, body }: File): void {
  void reply
    .headers({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      // Small, and of this release: asked for anew each time.
      'cache-control': 'no-cache',
    })
    .type(type)
    .send(body);
}
