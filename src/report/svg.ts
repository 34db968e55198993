import type { EChartsOption } from 'echarts';
import { SaxesParser } from 'saxes';
import { guarded, unguarded } from './guard.js';
import { COLOUR, themed } from './palette.js';
import type { Drawing } from './chart.js';

/** Pixels; narrow, so that texts stay readable on a phone. */
export const WIDTH = 440;
export const FONT = 12.5;

/** A drawing as two SVG texts. */
export interface Figure {
  /** For the page: with CSS variables as colours, scaled to its box. */
  inline: string;
  /** For a file of its own, with its title. */
  file: string;
}

/** Allowed elements. Other elements, which a defect or a host's name could add to the markup, are left out. */
const ELEMENTS = new Set(['svg', 'g', 'path', 'rect', 'circle', 'line', 'polyline', 'polygon', 'text', 'tspan']);
const ATTRIBUTES = new Set(
  `x y x1 y1 x2 y2 cx cy r rx ry d points width height transform fill fill-opacity stroke stroke-width stroke-opacity
  stroke-dasharray stroke-linecap stroke-linejoin stroke-miterlimit paint-order text-anchor dominant-baseline font-size
  font-weight opacity`.split(/\s+/),
);
const VALUE = /^[\w\s.,#()+:-]*$/;

/** Draws `drawing` without a browser. ECharts loads at first use, because most workers write no report. */
export async function figureOf(drawing: Drawing, title: string): Promise<Figure> {
  const { init } = await import('echarts');
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: drawing.height });
  try {
    chart.setOption({ ...BASE, ...guarded(drawing.option) });
    const shapes = rebuilt(chart.renderToSVGString());
    return {
      inline: `<svg viewBox="0 0 ${WIDTH} ${drawing.height}" role="img" AROUND>${shapes.themed}</svg>`,
      file: standalone(shapes.plain, drawing.height, title),
    };
  } finally {
    chart.dispose();
  }
}

const BASE: EChartsOption = {
  animation: false,
  textStyle: { fontFamily: 'sans-serif', fontSize: FONT, color: COLOUR.ink },
};
const HEAD = 46;

function standalone(shapes: string, height: number, title: string): string {
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH + 32} ${height + HEAD + 16}" width="${WIDTH + 32}" ` +
    `height="${height + HEAD + 16}" font-family="DejaVu Sans, Verdana, Arial, sans-serif"><title>${escaped(title)}</title>` +
    `<rect width="100%" height="100%" fill="${COLOUR.card}"/>` +
    `<text x="16" y="28" font-size="14" font-weight="bold" fill="${COLOUR.ink}">${escaped(title)}</text>` +
    `<g transform="translate(16 ${HEAD})">${shapes}</g></svg>\n`
  );
}

/**
 * Rebuilds the markup from a parser's events: known elements, known attributes with harmless values, and text. Styles become
 * attributes, which a Content-Security-Policy without inline styles allows.
 */
function rebuilt(markup: string): { plain: string; themed: string } {
  const parser = new SaxesParser({ position: false });
  let plain = '';
  let inTheme = '';
  let left = 0;
  const both = (text: string) => {
    plain += text;
    inTheme += text;
  };
  parser.on('opentag', ({ name, attributes, isSelfClosing }) => {
    if (left > 0 || !ELEMENTS.has(name)) {
      if (!isSelfClosing) left += 1;
      return;
    }
    if (name === 'svg') return;
    both(`<${name}`);
    for (const [attribute, value] of presentation(attributes)) {
      plain += ` ${attribute}="${value}"`;
      inTheme += ` ${attribute}="${themed(value)}"`;
    }
    both(isSelfClosing ? '/>' : '>');
  });
  parser.on('text', (text) => {
    if (left === 0 && text.trim() !== '') both(escaped(unguarded(text)));
  });
  parser.on('closetag', ({ name, isSelfClosing }) => {
    if (isSelfClosing) return;
    if (left > 0) left -= 1;
    else if (name !== 'svg') both(`</${name}>`);
  });
  parser.on('error', (error) => {
    throw error;
  });
  parser.write(markup).close();
  return { plain, themed: inTheme };
}

function* presentation(attributes: Record<string, unknown>): Generator<[name: string, value: string]> {
  for (const [name, value] of Object.entries(attributes)) {
    const given =
      name === 'style'
        ? String(value)
            .split(';')
            .map((part) => part.split(':'))
        : [[name, String(value)]];
    for (const [inner = '', text = ''] of given) {
      const [attribute, worth] = [inner.trim(), text.trim()];
      if (ATTRIBUTES.has(attribute) && VALUE.test(worth)) yield [attribute, worth];
    }
  }
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
export const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
