import { Module } from '@nestjs/common';
import { Simulations } from './simulations.service.js';

/** Apps declare the controller. */
@Module({ providers: [Simulations], exports: [Simulations] })
export class PricingModule {}
