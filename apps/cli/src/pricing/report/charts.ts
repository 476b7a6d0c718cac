import { View, parse } from 'vega';
import { type TopLevelSpec, compile } from 'vega-lite';

/** Draws a chart; the same values give the same bytes. */
export async function drawChart(spec: TopLevelSpec): Promise<string> {
  const view = new View(parse(compile(spec).spec), { renderer: 'none' });
  try {
    return `${await view.toSVG()}\n`;
  } finally {
    view.finalize();
  }
}

const SIZE = { width: 520, height: 260, background: 'white' } as const;

export interface HorizonError {
  horizon: string;
  method: string;
  wape: number;
}

export function errorChart(values: HorizonError[]): TopLevelSpec {
  return {
    ...SIZE,
    data: { values },
    mark: { type: 'line', point: true },
    encoding: {
      x: { field: 'horizon', type: 'ordinal', sort: null, title: 'days before the occasion' },
      y: { field: 'wape', type: 'quantitative', title: 'WAPE' },
      color: { field: 'method', type: 'nominal', title: null },
    },
  };
}

export interface CoverageAt {
  horizon: string;
  interval: string;
  share: number;
}

/** Shares of occasions within their interval; the rules are what the intervals promise. */
export function coverageChart(values: CoverageAt[]): TopLevelSpec {
  return {
    ...SIZE,
    layer: [
      {
        data: { values },
        mark: 'bar',
        encoding: {
          x: { field: 'horizon', type: 'ordinal', sort: null, title: 'days before the occasion' },
          xOffset: { field: 'interval', type: 'nominal' },
          y: {
            field: 'share',
            type: 'quantitative',
            title: 'share within the interval',
            scale: { domain: [0, 1] },
          },
          color: { field: 'interval', type: 'nominal', title: null },
        },
      },
      {
        data: { values: [{ share: 0.5 }, { share: 0.8 }] },
        mark: { type: 'rule', strokeDash: [4, 4] },
        encoding: { y: { field: 'share', type: 'quantitative' } },
      },
    ],
  };
}

export interface ShareOf {
  policy: string;
  value: number;
  low: number;
  high: number;
}

export function policyChart(values: ShareOf[]): TopLevelSpec {
  const y = { field: 'policy', type: 'nominal', sort: null, title: null } as const;
  return {
    ...SIZE,
    data: { values },
    layer: [
      {
        mark: 'bar',
        encoding: {
          y,
          x: {
            field: 'value',
            type: 'quantitative',
            title: 'share of the clairvoyant optimum (95 % interval)',
          },
        },
      },
      {
        mark: 'rule',
        encoding: { y, x: { field: 'low', type: 'quantitative' }, x2: { field: 'high' } },
      },
    ],
  };
}
