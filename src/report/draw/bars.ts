import type { Drawing } from '../chart.js';
import { COLOUR, type Part } from '../palette.js';
import { FONT } from '../svg.js';
import { short } from '../text.js';

export interface Bar {
  name: string;
  value: number;
  /** The text after the bar. */
  label: string;
  part?: Part;
}

/** Width of the names, pixels. */
export const GUTTER = 144;
/** About the number of characters that fit into `GUTTER`. */
export const NAME = 19;
const ROW = 27;
/** About the width of a character, pixels. */
const CHARACTER = 6.8;

/** Horizontal bars: names on the left, numbers after the bars. */
export function bars(rows: readonly Bar[]): Drawing {
  const room = Math.max(...rows.map(({ label }) => label.length)) * CHARACTER + 12;
  return {
    height: rows.length * ROW + 8,
    option: {
      grid: { left: GUTTER, right: room, top: 4, bottom: 4 },
      ...axes(
        rows.map(({ name }) => name),
        { max: Math.max(1, ...rows.map(({ value }) => value)) },
      ),
      series: [
        {
          ...STILL,
          data: rows.map(({ value, part = 'blue' }) => ({
            value,
            itemStyle: { color: COLOUR[part], borderRadius: [0, 3, 3, 0] },
          })),
          label: {
            show: true,
            position: 'right',
            formatter: ({ dataIndex }: { dataIndex: number }) => rows[dataIndex]!.label,
            color: COLOUR.ink,
            textBorderWidth: 0,
            fontSize: FONT,
          },
        },
      ],
    },
  };
}

/** A bar series without interaction. */
export const STILL = {
  type: 'bar',
  silent: true,
  emphasis: { disabled: true },
  barMaxWidth: 17,
  barMinHeight: 1,
} as const;

/** The two axes of horizontal bars: names, and a hidden scale. */
export function axes(names: readonly string[], scale: { max: number }) {
  return {
    xAxis: { type: 'value', show: false, min: 0, max: scale.max } as const,
    yAxis: {
      type: 'category' as const,
      inverse: true,
      data: names.map((name) => short(name, NAME)),
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { color: COLOUR.ink, fontSize: FONT, margin: 10, interval: 0 },
    },
  };
}
