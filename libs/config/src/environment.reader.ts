import { createPrivateKey } from 'node:crypto';

/** Reads environment variables and collects what is wrong with them, so that one error can name all keys. */
export class EnvironmentReader {
  private readonly faults: string[] = [];

  constructor(private readonly env: NodeJS.ProcessEnv) {}

  text(key: string, fallback: string): string {
    return this.env[key] || fallback;
  }

  list(key: string): string[] {
    return (this.env[key] ?? '')
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean);
  }

  /** `ip=1200/60,login=30/60`: so many in so many seconds, by name; `ttl` in milliseconds. */
  rates(key: string): Record<string, { limit: number; ttl: number }> {
    const rates: Record<string, { limit: number; ttl: number }> = {};
    for (const part of this.list(key)) {
      const [, name, limit, seconds] = /^([a-z-]+)=(\d{1,9})\/(\d{1,6})$/.exec(part) ?? [];
      if (!name || !Number(seconds)) return this.fault(`${key} must be like ip=1200/60,login=30/60`, {});
      rates[name] = { limit: Number(limit), ttl: Number(seconds) * 1000 };
    }
    return rates;
  }

  /** `name=value,other=value`, the values percent-encoded, as OpenTelemetry writes lists. */
  pairs(key: string): Record<string, string> {
    const found: Record<string, string> = {};
    for (const part of this.list(key)) {
      const [, name, value] = /^([^=\s]+)\s*=\s*(.*)$/.exec(part) ?? [];
      try {
        if (name) found[name] = decodeURIComponent(value!);
        else throw new URIError();
      } catch {
        // Told without the value.
        return this.fault(`${key} must be like name=value,other=value, percent-encoded`, {});
      }
    }
    return found;
  }

  integer(key: string, fallback: number, min: number, max: number): number {
    const text = this.env[key];
    if (!text) return fallback;
    const value = Number(text);
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    return this.fault(`${key} must be a whole number from ${min} to ${max}`, fallback);
  }

  flag(key: string): boolean {
    const text = this.env[key];
    if (!text || text === 'false' || text === '0') return false;
    if (text === 'true' || text === '1') return true;
    return this.fault(`${key} must be true or false`, false);
  }

  oneOf<const T extends string>(key: string, values: readonly T[], fallback: T): T {
    const text = this.env[key];
    if (!text) return fallback;
    return (
      values.find((value) => value === text) ??
      this.fault(`${key} must be one of ${values.join(', ')}`, fallback)
    );
  }

  url(key: string, protocols: string[]): string {
    return this.optionalUrl(key, protocols) ?? this.fault(`${key} is missing`, '');
  }

  optionalUrl(key: string, protocols: string[]): string | null {
    const text = this.env[key];
    if (!text) return null;
    if (URL.canParse(text) && protocols.includes(new URL(text).protocol)) return text;
    return this.fault(
      `${key} must be a URL that starts with ${protocols.map((p) => `${p}//`).join(' or ')}`,
      '',
    );
  }

  secret(key: string, length: number): string {
    const text = this.env[key];
    if (text && text.length >= length) return text;
    return this.fault(`${key} must be set, to at least ${length} characters`, '');
  }

  /** Two keys that only make sense together. */
  pair<T>(first: string, second: string, make: (a: string, b: string) => T): T | null {
    const [a, b] = [this.env[first], this.env[second]];
    if (a && b) return make(a, b);
    if (a || b) this.fault(`${first} and ${second} must be set together`, null);
    return null;
  }

  /** An Ed25519 private key: PEM, or the same in base64 on one line. Gives PEM. */
  privateKey(key: string): string {
    const text = this.env[key] ?? '';
    const pem = text.includes('-----BEGIN') ? text : Buffer.from(text, 'base64').toString();
    try {
      if (createPrivateKey(pem).asymmetricKeyType === 'ed25519') return pem;
    } catch {
      // Told below, without the value.
    }
    return this.fault(`${key} must be an Ed25519 private key in PEM (or its base64)`, '');
  }

  /** Throws when anything was wrong. */
  finish(): void {
    if (this.faults.length) throw new Error(`Configuration: ${this.faults.join('; ')}.`);
  }

  private fault<T>(message: string, value: T): T {
    this.faults.push(message);
    return value;
  }
}
