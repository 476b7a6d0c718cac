import { type DynamicModule, Module } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import type { Logger } from 'pino';
import { SpanExport } from './otlp/span-export.service.js';

/** Nest's own log and every `new Logger(…)` write to this log (`app.useLogger(app.get(Logger))`). Needs ConfigModule, which is global. */
@Module({ providers: [SpanExport] })
export class TracingModule {
  static for(log: Logger): DynamicModule {
    return {
      module: TracingModule,
      // No middleware for requests: the hooks in http/ log them at a tenth of its cost.
      imports: [LoggerModule.forRoot({ pinoHttp: { logger: log }, forRoutes: [] })],
    };
  }
}
