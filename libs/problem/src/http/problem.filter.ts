import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Refusal, refusals } from '#libs/kernel';

@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly log = new Logger('Problem');

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const refusal = this.refusalOf(error);
    const { status, title, retryAfter } = refusal.kind;
    const reply = http.getResponse<FastifyReply>();
    if (retryAfter) reply.header('retry-after', retryAfter);
    void reply
      .status(status)
      .type('application/problem+json')
      .send(
        JSON.stringify({
          type: `/docs/problems#${refusal.code}`,
          title,
          status,
          detail: refusal.detail,
          instance: http.getRequest<FastifyRequest>().url,
          code: refusal.code,
          ...refusal.members,
        }),
      );
  }

  private refusalOf(error: unknown): Refusal {
    if (error instanceof Refusal) return error;
    if (error instanceof HttpException && error.getStatus() === 404)
      return refusals.not_found('There is nothing here.');
    if (error instanceof HttpException && error.getStatus() < 500)
      return refusals.malformed_request(error.message);
    this.log.error(error instanceof Error ? error.stack : error);
    return refusals.internal_error('Something went wrong.');
  }
}
