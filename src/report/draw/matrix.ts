import type { CustomSeriesOption } from 'echarts';
import type { Drawing } from '../chart.js';
import { COLOUR } from '../palette.js';
import { FONT, WIDTH } from '../svg.js';
import { short } from '../text.js';

export interface Matrix {
  rows: string[];
  columns: string[];
  /** By row and column: the share from 0 to 1, and its text. */
  cells: { share: number; label: string }[][];
}

const ROW = 30;
const LEFT = 104;
const HEAD = 44;

/** A table of shares: the larger the share, the deeper the colour. */
export function matrix({ rows, columns, cells }: Matrix): Drawing {
  const width = (WIDTH - LEFT) / columns.length;
  const fits = Math.floor((width - 4) / 6.3);
  const data = rows.flatMap((_, row) => columns.map((_, column) => [column, row]));
  const renderItem: CustomSeriesOption['renderItem'] = (_, api) => {
    const [column, row] = [api.value(0) as number, api.value(1) as number];
    const { share, label } = cells[row]![column]!;
    const [x, y] = [LEFT + column * width, HEAD + row * ROW];
    return {
      type: 'group',
      children: [
        {
          type: 'rect',
          shape: { x: x + 1, y: y + 1, width: width - 2, height: ROW - 2, r: 3 },
          style: { fill: COLOUR.blue, opacity: 0.05 + 0.5 * share ** 1.5 },
        },
        {
          type: 'text',
          style: {
            text: label,
            x: x + width / 2,
            y: y + ROW / 2,
            fill: COLOUR.ink,
            fontSize: 12,
            align: 'center',
            verticalAlign: 'middle',
          },
        },
      ],
    };
  };
  return {
    height: HEAD + rows.length * ROW + 4,
    option: {
      grid: { left: LEFT, right: 0, top: HEAD, bottom: 4 },
      xAxis: {
        type: 'category',
        position: 'top',
        data: columns.map((name) => folded(name, fits)),
        axisLine: { show: false },
        axisTick: { show: false },
        axisLabel: { color: COLOUR.ink, fontSize: 11.5, interval: 0, lineHeight: 15 },
      },
      yAxis: {
        type: 'category',
        inverse: true,
        data: rows.map((name) => short(name, 15)),
        axisLine: { show: false },
        axisTick: { show: false },
        axisLabel: { color: COLOUR.ink, fontSize: FONT, margin: 10, interval: 0 },
      },
      series: [{ type: 'custom', silent: true, renderItem, data }],
    },
  };
}

/** Breaks a text into two lines if it does not fit into one. */
function folded(name: string, fits: number): string {
  if (name.length <= fits) return name;
  const space = name.lastIndexOf(' ', fits);
  return space > 0
    ? `${name.slice(0, space)}\n${short(name.slice(space + 1), fits)}`
    : `${name.slice(0, fits)}\n${short(name.slice(fits), fits)}`;
}
