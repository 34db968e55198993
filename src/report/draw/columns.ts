import type { Drawing } from '../chart.js';
import { COLOUR, type Part } from '../palette.js';
import { number } from '../../format/number.js';

export interface Column {
  name: string;
  /** One value for each of `series`. */
  values: number[];
  /** Overrides the colours of the series. */
  parts?: Part[];
  /** Which of the values are drawn pale. */
  pale?: boolean[];
}

export interface ColumnOptions {
  series: { name: string; part: Part }[];
  height?: number;
  /** Shows numbers above the columns; only readable for few of them. */
  labels?: boolean;
  /** The title of the axis of names. */
  unit?: string;
  /** Formats the numbers of the scale. */
  scale?: (value: number) => string;
}

/** Upright bars along a time or a scale, one colour a series. */
export function columns(
  rows: readonly Column[],
  { series, height = 200, labels = false, unit, scale = number }: ColumnOptions,
): Drawing {
  const legend = series.length > 1;
  const small = { color: COLOUR.muted, fontSize: 11 };
  return {
    height,
    option: {
      ...(legend ? { legend: legendOf(series.map(({ name }) => name)) } : {}),
      grid: { left: labels ? 8 : 46, right: 8, top: (legend ? 30 : 8) + (labels ? 14 : 6), bottom: unit ? 42 : 24 },
      xAxis: {
        type: 'category',
        data: rows.map(({ name }) => name),
        ...(unit ? { name: unit, nameLocation: 'middle' as const, nameGap: 26, nameTextStyle: small } : {}),
        axisTick: { show: false },
        axisLine: { lineStyle: { color: COLOUR.quiet } },
        axisLabel: { ...small, hideOverlap: true, ...(labels ? { interval: 0 } : {}) },
      },
      yAxis: {
        type: 'value',
        show: !labels,
        minInterval: 1,
        splitNumber: 4,
        splitLine: { lineStyle: { color: COLOUR.grid } },
        axisLabel: { ...small, formatter: (value: number) => scale(value) },
      },
      series: series.map(({ name, part }, at) => ({
        name,
        type: 'bar' as const,
        silent: true,
        emphasis: { disabled: true },
        barMaxWidth: 34,
        barGap: '8%',
        itemStyle: { color: COLOUR[part] },
        data: rows.map(({ values, parts, pale }) => ({
          value: values[at] ?? 0,
          itemStyle: { color: COLOUR[parts?.[at] ?? part], borderRadius: [2, 2, 0, 0], opacity: pale?.[at] ? 0.35 : 1 },
        })),
        label: {
          show: labels,
          position: 'top' as const,
          opacity: 1,
          formatter: ({ value }: { value?: unknown }) => (value === 0 ? '' : number(Number(value))),
          color: COLOUR.ink,
          textBorderWidth: 0,
          fontSize: series.length > 1 ? 10 : 11,
        },
      })),
    },
  };
}

export const legendOf = (names: readonly string[]) => ({
  data: [...names],
  top: 0,
  left: 0,
  itemWidth: 12,
  itemHeight: 12,
  itemGap: 26,
  selectedMode: false as const,
  textStyle: { color: COLOUR.ink, fontSize: 12 },
});
