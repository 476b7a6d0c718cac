import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { type Config, InjectConfig } from '#libs/config';
import { recorder } from '../trace.recorder.js';
import { OtlpExport } from './otlp.export.js';

/** Sends what this process records to the collector that the configuration names, if it names one. */
@Injectable()
export class SpanExport implements OnModuleInit, OnApplicationShutdown {
  private exporting: OtlpExport | null = null;

  constructor(@InjectConfig() private readonly config: Config) {}

  async onModuleInit(): Promise<void> {
    const { tracing, processName } = this.config;
    if (!tracing.otlp) return;
    const exporting = (this.exporting = await OtlpExport.open(tracing.otlp, processName));
    recorder.sendTo((finished) => exporting.add(finished));
  }

  /** After the last request and the last job. */
  async onApplicationShutdown(): Promise<void> {
    if (!this.exporting) return;
    recorder.sendTo(null);
    await this.exporting.close();
  }
}
