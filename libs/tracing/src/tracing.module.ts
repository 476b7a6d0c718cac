import { type DynamicModule, Module } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import type { Logger } from 'pino';
import { tellableError } from './log.writer.js';
import { SpanExport } from './otlp/span-export.service.js';

/** It would put its own way to show errors in place of the log's. */
const AS_IT_IS = { serializers: { err: tellableError }, wrapSerializers: false };

/** Nest's own log and every `new Logger(…)` write to this log (`app.useLogger(app.get(Logger))`). Needs ConfigModule, which is global. */
@Module({ providers: [SpanExport] })
export class TracingModule {
  static for(log: Logger): DynamicModule {
    return {
      module: TracingModule,
      // No middleware for requests: the hooks in http/ log them at a tenth of its cost.
      imports: [LoggerModule.forRoot({ pinoHttp: { logger: log, ...AS_IT_IS }, forRoutes: [] })],
    };
  }
}
