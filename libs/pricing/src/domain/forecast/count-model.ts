import { type CountData, fitCounts, fitNegativeBinomial, predictCount } from '../numerics/glm.js';

/** One occasion that is over: what was known `horizon` days before, and what came of it. */
export interface Example {
  group: string;
  features: Float64Array;
  count: number;
}

/**
 * How many examples the prior belief weighs, that a feature adds nothing to the base: chosen from 2, 5, 10 and 20 on
 * occasions before 2016-09 of the shipped data and on simulated ones with little history, where fewer overfit.
 */
const PRIOR_EXAMPLES = 10;
/** The same of a group's departure from the population. */
const PRIOR_EXAMPLES_OF_A_GROUP = 2 * PRIOR_EXAMPLES;
const FEWEST_OF_A_GROUP = 12;
/** Standardised features beyond this are treated as this: a log-linear model must not be extrapolated. */
const MAX_SCORE = 4;
const MAX_GROWTH = 3;
/** So that examples without a single unit still have a penalty. */
const LEAST_WEIGHT = 0.1;

/**
 * A negative-binomial regression over all groups on one feature that is a forecast by itself, the base: what the others
 * add to it is fitted with ridge. For each group with enough history its own departure from that, with ridge too:
 * a young group is forecast like the population, an old one like itself.
 */
export class CountModel {
  private readonly centre: Float64Array;
  private readonly scale: Float64Array;
  private readonly pooled: Float64Array;
  private readonly departures = new Map<string, Float64Array>();
  private readonly largest: number;

  /**
   * @param columns how many of the features to use, from the first
   * @param base the feature that is the log of a forecast of the count
   */
  constructor(
    examples: readonly Example[],
    private readonly columns: number,
    private readonly base: number,
  ) {
    ({ centre: this.centre, scale: this.scale } = standardise(examples, columns));
    const counts = Float64Array.from(examples, (example) => Math.max(0, example.count));
    this.largest = counts.reduce((most, count) => Math.max(most, count), 1);
    const offset = Float64Array.from(examples, ({ features }) => features[base]!);
    const data = { design: this.designOf(examples), columns: columns + 1, counts, offset };
    const weight = exampleWeight(counts, offset);
    const penalty = new Float64Array(columns + 1).fill(PRIOR_EXAMPLES * weight);
    penalty[0] = 0;
    const { coefficients, dispersion } = fitNegativeBinomial(data, penalty);
    this.pooled = coefficients;
    this.fitDepartures(examples, data, dispersion, PRIOR_EXAMPLES_OF_A_GROUP * weight);
  }

  predict(group: string, features: Float64Array): number {
    const row = this.rowOf(features);
    const departure = this.departures.get(group);
    let offset = features[this.base]!;
    if (departure) for (let j = 0; j < row.length; j++) offset += departure[j]! * row[j]!;
    return Math.min(this.largest * MAX_GROWTH, predictCount(this.pooled, row, offset));
  }

  private fitDepartures(
    examples: readonly Example[],
    { design, columns: p, counts, offset: base }: CountData & { offset: Float64Array },
    dispersion: number,
    ridge: number,
  ): void {
    const byGroup = new Map<string, number[]>();
    examples.forEach(({ group }, i) => {
      const rows = byGroup.get(group);
      if (rows) rows.push(i);
      else byGroup.set(group, [i]);
    });
    if (byGroup.size < 2) return;
    const penalty = new Float64Array(p).fill(ridge);
    for (const [group, rows] of byGroup) {
      if (rows.length < FEWEST_OF_A_GROUP) continue;
      const own = new Float64Array(rows.length * p);
      const offset = new Float64Array(rows.length);
      rows.forEach((i, k) => {
        const row = design.subarray(i * p, (i + 1) * p);
        own.set(row, k * p);
        offset[k] = Math.log(predictCount(this.pooled, row, base[i]));
      });
      const data = { design: own, columns: p, counts: Float64Array.from(rows, (i) => counts[i]!), offset };
      this.departures.set(group, fitCounts(data, penalty, dispersion, new Float64Array(p)).coefficients);
    }
  }

  private designOf(examples: readonly Example[]): Float64Array {
    const design = new Float64Array(examples.length * (this.columns + 1));
    examples.forEach((example, i) => design.set(this.rowOf(example.features), i * (this.columns + 1)));
    return design;
  }

  private rowOf(features: Float64Array): Float64Array {
    const row = new Float64Array(this.columns + 1);
    row[0] = 1;
    for (let j = 0; j < this.columns; j++) {
      const score = (features[j]! - this.centre[j]!) / this.scale[j]!;
      row[j + 1] = Math.max(-MAX_SCORE, Math.min(MAX_SCORE, score));
    }
    return row;
  }
}

/** What one example of average size tells, in the units of a ridge penalty: its weight in the fit of the base alone. */
function exampleWeight(counts: Float64Array, offset: Float64Array): number {
  const design = new Float64Array(counts.length).fill(1);
  const { dispersion } = fitNegativeBinomial({ design, columns: 1, counts, offset }, new Float64Array(1));
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return Math.max(LEAST_WEIGHT, mean / (1 + dispersion * mean));
}

function standardise(examples: readonly Example[], columns: number) {
  const centre = new Float64Array(columns);
  const scale = new Float64Array(columns);
  for (const { features } of examples)
    for (let j = 0; j < columns; j++) centre[j]! += features[j]! / examples.length;
  for (const { features } of examples) {
    for (let j = 0; j < columns; j++) scale[j]! += (features[j]! - centre[j]!) ** 2 / examples.length;
  }
  for (let j = 0; j < columns; j++) scale[j] = scale[j]! > 1e-12 ? Math.sqrt(scale[j]!) : 1;
  return { centre, scale };
}
