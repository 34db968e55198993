import type { CustomSeriesOption } from 'echarts';
import type { Drawing } from '../chart.js';
import { COLOUR } from '../palette.js';
import { FONT, WIDTH } from '../svg.js';
import { number } from '../../format/number.js';
import { short } from '../text.js';

export interface Sets {
  /** The largest first. */
  sets: { name: string; size: number }[];
  /** Members of exactly these sets, the largest combination first; `of` are indexes into `sets`. */
  intersections: { of: number[]; size: number }[];
}

const LEFT = 168;
const BARS = 122;
const ROW = 26;

/** An UpSet plot: a column for each combination of sets, and below the column a dot for each set of the combination. */
export function upset({ sets, intersections }: Sets): Drawing {
  const height = BARS + sets.length * ROW + 8;
  const names = intersections.map((_, at) => String(at));
  const hidden = { axisLine: { show: false }, axisTick: { show: false }, axisLabel: { show: false } };
  const step = (WIDTH - LEFT - 8) / intersections.length;
  const renderItem: CustomSeriesOption['renderItem'] = (_, api) => {
    const at = api.value(0) as number;
    const inside = new Set(intersections[at]!.of);
    const x = LEFT + (at + 0.5) * step;
    const y = (row: number) => BARS + (row + 0.5) * ROW;
    const [first, last] = [Math.min(...inside), Math.max(...inside)];
    return {
      type: 'group',
      children: [
        ...(last > first
          ? [
              {
                type: 'line' as const,
                shape: { x1: x, x2: x, y1: y(first), y2: y(last) },
                style: { stroke: COLOUR.ink, lineWidth: 2.5 },
              },
            ]
          : []),
        ...sets.map((_, row) => ({
          type: 'circle' as const,
          shape: { cx: x, cy: y(row), r: inside.has(row) ? 6 : 4 },
          style: { fill: inside.has(row) ? COLOUR.ink : COLOUR.grid },
        })),
      ],
    };
  };
  return {
    height,
    option: {
      grid: [
        { left: LEFT, right: 8, top: 22, bottom: height - BARS + 4 },
        { left: LEFT, right: 8, top: BARS, bottom: 8 },
      ],
      xAxis: [
        {
          type: 'category',
          gridIndex: 0,
          data: names,
          ...hidden,
          axisLine: { show: true, lineStyle: { color: COLOUR.quiet } },
        },
        { type: 'category', gridIndex: 1, data: names, ...hidden },
      ],
      yAxis: [
        { type: 'value', gridIndex: 0, show: false, min: 0 },
        {
          type: 'category',
          gridIndex: 1,
          inverse: true,
          data: sets.map(({ name, size }) => `${short(name, 14)}  ${number(size)}`),
          ...hidden,
          axisLabel: { show: true, color: COLOUR.ink, fontSize: FONT, margin: 12, interval: 0 },
        },
      ],
      series: [
        {
          type: 'bar',
          silent: true,
          emphasis: { disabled: true },
          barMaxWidth: 34,
          barMinHeight: 1,
          data: intersections.map(({ of, size }) => ({
            value: size,
            itemStyle: { color: of.length === 1 ? COLOUR.orange : COLOUR.blue, borderRadius: [2, 2, 0, 0] },
          })),
          label: {
            show: true,
            position: 'top',
            formatter: ({ value }) => number(Number(value)),
            color: COLOUR.ink,
            textBorderWidth: 0,
            fontSize: intersections.length > 8 ? 10 : 11.5,
          },
        },
        { type: 'custom', silent: true, xAxisIndex: 1, yAxisIndex: 1, renderItem, data: names.map((_, at) => [at, 0]) },
      ],
    },
  };
}
