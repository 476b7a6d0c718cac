import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { RedisConnection } from '#libs/caching';
import { newMasterId } from '#libs/kernel';

/** A process that has not renewed its lease for so long is dead, and its connections with it. */
const LEASE_SECONDS = 15;
const RENEW_MS = 5000;
/** Counts are kept for so long, and told anew in half of that. */
const KEEP_SECONDS = 7200;
/** Counts in one pipeline. */
const CHUNK = 1000;

interface Claiming {
  claimConnection(...args: (string | number)[]): Promise<0 | 1>;
}

/**
 * How many connections somebody has, over all processes: each process tells Redis its own count, under a lease. Redis may forget; then
 * each tells again. While it is away each process counts for itself.
 */
@Injectable()
export class ConnectionCounts implements OnModuleInit, OnApplicationShutdown {
  private readonly log = new Logger(ConnectionCounts.name);
  private readonly redis: Redis;
  private readonly prefix: string;
  /** Connections of this process, by subject; those that are being decided are among them. */
  private readonly own = new Map<string, number>();
  /** This process, as Redis knows it: another one whenever what Redis knows may be wrong. */
  private id = newMasterId();
  private sound = false;
  private toldAt = 0;
  private renewing: NodeJS.Timeout | undefined;

  constructor({ client }: RedisConnection) {
    this.redis = client;
    this.prefix = 'evently:live:connections:';
    const lua = readFileSync(join(import.meta.dirname, 'claim-connection.lua'), 'utf8');
    client.defineCommand('claimConnection', { numberOfKeys: 1, lua });
  }

  onModuleInit(): void {
    if (this.redis.status === 'ready') void this.renew();
    else this.redis.once('ready', () => void this.renew());
    this.renewing = setInterval(() => void this.renew(), RENEW_MS);
    this.renewing.unref();
  }

  /** Its connections end with the process; the others need not wait until its lease does. */
  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.renewing);
    // Away, or closed already: then the lease tells it.
    await this.redis.del(this.leaseOf(this.id)).catch(() => {});
  }

  /** Counts one more connection of the subject, which whoever took it releases; false when it has `most` already. */
  async take(subject: string, most: number): Promise<boolean> {
    const own = this.add(subject, 1);
    if (own > most) {
      this.add(subject, -1);
      return false;
    }
    if (most === Infinity || (await this.mayHave(subject, own, most))) return true;
    this.release(subject, most);
    return false;
  }

  release(subject: string, most: number): void {
    const own = this.add(subject, -1);
    if (most === Infinity) return;
    const told = own
      ? this.redis.hset(this.keyOf(subject), this.id, own)
      : this.redis.hdel(this.keyOf(subject), this.id);
    told.catch((error: Error) => this.doubt(error));
  }

  private add(subject: string, by: 1 | -1): number {
    const own = (this.own.get(subject) ?? 0) + by;
    if (own) this.own.set(subject, own);
    else this.own.delete(subject);
    return own;
  }

  private async mayHave(subject: string, own: number, most: number): Promise<boolean> {
    try {
      const claim = [this.keyOf(subject), this.id, own, most, this.leaseOf(''), KEEP_SECONDS];
      return (await (this.redis as unknown as Claiming).claimConnection(...claim)) === 1;
    } catch (error) {
      // Nobody is turned away because Redis is.
      this.doubt(error as Error);
      return true;
    }
  }

  /** What Redis knows of this process may be wrong now. */
  private doubt(error: Error): void {
    if (this.sound) this.log.warn(`connections are counted by each process alone: ${error.message}`);
    this.sound = false;
  }

  private async renew(): Promise<void> {
    try {
      const lease = await this.redis.set(this.leaseOf(this.id), '1', 'EX', LEASE_SECONDS, 'GET');
      const old = performance.now() - this.toldAt > (KEEP_SECONDS * 1000) / 2;
      if (lease === null || !this.sound || old) await this.tellAll();
    } catch (error) {
      this.doubt(error as Error);
    }
  }

  /** Begins as a new process: whatever was known of this one is forgotten with its lease. */
  private async tellAll(): Promise<void> {
    const before = this.id;
    this.id = newMasterId();
    this.sound = true;
    this.toldAt = performance.now();
    await this.redis
      .multi()
      .del(this.leaseOf(before))
      .set(this.leaseOf(this.id), '1', 'EX', LEASE_SECONDS)
      .exec();
    const subjects = [...this.own.keys()];
    for (let i = 0; i < subjects.length; i += CHUNK) {
      const pipeline = this.redis.pipeline();
      for (const subject of subjects.slice(i, i + CHUNK)) {
        const own = this.own.get(subject);
        if (own) pipeline.hset(this.keyOf(subject), this.id, own).expire(this.keyOf(subject), KEEP_SECONDS);
      }
      for (const [error] of (await pipeline.exec()) ?? []) if (error) throw error;
    }
  }

  private keyOf(subject: string): string {
    return `${this.prefix}of:${subject}`;
  }

  private leaseOf(id: string): string {
    return `${this.prefix}lease:${id}`;
  }
}
