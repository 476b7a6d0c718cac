import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { refusals } from '#libs/kernel';
import { sendProblem } from './problem.reply.js';
import type { RouteTable } from './route.table.js';

/** Renders whatever is thrown in a request, by Nest, by Fastify or by us. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly routes: RouteTable) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    sendProblem(request.is404 ? this.unrouted(request, reply) : error, request, reply);
  }

  private unrouted(request: FastifyRequest, reply: FastifyReply): unknown {
    const methods = this.routes.methodsAt(request.url.split('?', 1)[0]!);
    if (!methods.length) return refusals.not_found('There is nothing at this path.');
    reply.header('allow', methods.join(', '));
    return refusals.method_not_allowed(`This path takes ${methods.join(', ')}.`);
  }
}
