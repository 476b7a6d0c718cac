import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Observable, from } from 'rxjs';
import { AnswerCache } from '../answer-cache.service.js';
import { prepareAnswer } from './answer.reply.js';
import { type CachedRead, cachedReadOf } from './cached.read.js';

/** Serves what everybody may have from the cache, whoever asks; the controller gets the rest. */
@Injectable()
export class CacheInterceptor implements NestInterceptor {
  constructor(
    private readonly cache: AnswerCache,
    private readonly modules: ModuleRef,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const type = cachedReadOf(request.routeOptions.config);
    const read = type && this.modules.get<CachedRead>(type, { strict: false });
    const ask = read?.askOf(request);
    if (!read || !ask) return next.handle();
    const reply = http.getResponse<FastifyReply>();
    return from(this.cache.read(read, ask).then((served) => prepareAnswer(request, reply, served)));
  }
}
