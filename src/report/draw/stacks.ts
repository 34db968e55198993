import type { CustomSeriesOption } from 'echarts';
import type { Drawing } from '../chart.js';
import { COLOUR } from '../palette.js';
import { FONT, WIDTH } from '../svg.js';
import { number } from '../../format/number.js';
import { short } from '../text.js';
import { axes, GUTTER } from './bars.js';

export interface Stack {
  name: string;
  total: number;
  /** The largest first; the remainder to `total` is drawn last and palest. */
  parts: { name: string; value: number }[];
}

const ROW = 31;
const CHARACTER = 6.6;
/** Opacity of each part. */
const DEPTHS = [1, 0.55, 0.38, 0.26, 0.18, 0.12];

/** Horizontal bars in parts; a part that is wide enough shows its name. */
export function stacks(rows: readonly Stack[]): Drawing {
  const most = Math.max(1, ...rows.map(({ total }) => total));
  const room = number(most).length * CHARACTER + 16;
  const scale = (WIDTH - GUTTER - room) / most;
  const data = rows.flatMap(({ total, parts }, row) => {
    let from = 0;
    const shown = parts.map(({ name, value }, at) => {
      from += value;
      return { row, from: from - value, to: from, name, depth: DEPTHS[at] ?? DEPTHS.at(-1)! };
    });
    if (total > from) shown.push({ row, from, to: total, name: '…', depth: DEPTHS.at(-1)! });
    return shown;
  });
  const renderItem: CustomSeriesOption['renderItem'] = (_, api) => {
    const part = data[api.value(0) as number]!;
    const [left = 0, middle = 0] = api.coord([part.from, part.row]);
    const width = (part.to - part.from) * scale;
    const fits = Math.floor((width - 8) / CHARACTER);
    return {
      type: 'group',
      children: [
        {
          type: 'rect',
          shape: { x: left, y: middle - 10, width: Math.max(1, width - 1.5), height: 20, r: 2 },
          style: { fill: COLOUR.blue, opacity: part.depth },
        },
        ...(fits >= Math.min(3, part.name.length) && part.name !== ''
          ? [
              {
                type: 'text' as const,
                style: {
                  text: short(part.name, fits),
                  x: left + 5,
                  y: middle,
                  fill: part.depth === 1 ? COLOUR.onfill : COLOUR.ink,
                  fontSize: 11,
                  align: 'left' as const,
                  verticalAlign: 'middle' as const,
                },
              },
            ]
          : []),
      ],
    };
  };
  return {
    height: rows.length * ROW + 8,
    option: {
      grid: { left: GUTTER, right: room, top: 4, bottom: 4 },
      ...axes(
        rows.map(({ name }) => name),
        { max: most },
      ),
      series: [
        { type: 'custom', silent: true, renderItem, data: data.map((_, at) => [at, 0]), encode: { x: [], y: [] } },
        {
          type: 'bar',
          silent: true,
          emphasis: { disabled: true },
          data: rows.map(({ total }) => ({ value: total, itemStyle: { opacity: 0 } })),
          label: {
            show: true,
            position: 'right',
            opacity: 1,
            formatter: ({ dataIndex }) => number(rows[dataIndex]!.total),
            color: COLOUR.ink,
            textBorderWidth: 0,
            fontSize: FONT,
          },
        },
      ],
    },
  };
}
