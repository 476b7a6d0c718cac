import { Module } from '@nestjs/common';
import { DirectoryUpkeep } from './directory-upkeep.timer.js';

/** The catalogue's timers; only the worker's list starts them. */
@Module({ providers: [DirectoryUpkeep] })
export class CatalogWorkerModule {}
