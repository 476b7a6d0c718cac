/**
 * Combining forecasts: weights by the inverse of what each has missed so far, near the plain average while
 * little is known. Source: J. M. Bates, C. W. J. Granger, "The combination of forecasts", Operational Research
 * Quarterly 20 (1969) 451–468; the power sharpens their inverse errors.
 */
const POWER = { far: 4, near: 16 };
/** Relative misses of the wider population that a group's own are weighed against. */
const PRIOR_MISSES = 30;
/** Misses that a model is taken to have made at first, each as large as the average of the models. */
const FIRST_MISSES = 10;
const HALF_LIFE_DAYS = 180;
/** What a model that did not forecast is taken to have missed, over the first model's miss. */
const UNPROVEN = { far: 1.3, near: 1.6 };

interface Record {
  weight: number;
  misses: Float64Array;
  day: number;
}

export class Combination {
  private readonly all: Record;
  private readonly groups = new Map<string, Record>();

  /**
   * @param models the first of them is pickup
   * @param range near the end, where little is still to come, the others have to be clearly better than pickup to weigh
   *   anything: averaging with what is as good costs more there than it gains
   */
  constructor(
    private readonly models: number,
    private readonly range: 'far' | 'near' = 'far',
  ) {
    this.all = { weight: 0, misses: new Float64Array(models), day: 0 };
  }

  /**
   * Takes in the forecasts of an occasion that is over: of all models, or of the first alone while there are no others.
   * @param level the group's usual size, above 0
   */
  learn(day: number, group: string, forecasts: readonly number[], final: number, level: number): void {
    let own = this.groups.get(group);
    if (!own) this.groups.set(group, (own = { weight: 0, misses: new Float64Array(this.models), day }));
    for (const record of [this.all, own]) {
      const fade = 0.5 ** ((day - record.day) / HALF_LIFE_DAYS);
      record.day = day;
      record.weight = record.weight * fade + 1;
      for (let k = 0; k < this.models; k++) {
        const forecast = forecasts[k];
        const miss =
          forecast === undefined
            ? UNPROVEN[this.range] * Math.abs(forecasts[0]! - final)
            : Math.abs(forecast - final);
        record.misses[k] = record.misses[k]! * fade + miss / level;
      }
    }
  }

  /** One weight a model, adding up to 1. */
  weights(group: string): Float64Array {
    const typical =
      this.all.misses.reduce((sum, miss) => sum + miss, 0) / this.models / Math.max(1, this.all.weight);
    const own = this.groups.get(group);
    const weights = new Float64Array(this.models);
    let total = 0;
    for (let k = 0; k < this.models; k++) {
      const all = (this.all.misses[k]! + FIRST_MISSES * typical) / (this.all.weight + FIRST_MISSES);
      const miss = own ? (own.misses[k]! + PRIOR_MISSES * all) / (own.weight + PRIOR_MISSES) : all;
      total += weights[k] = (miss + 1e-6) ** -POWER[this.range];
    }
    return weights.map((weight) => weight / total);
  }
}
