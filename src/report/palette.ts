/**
 * The colours of charts, by part. Charts are drawn in the light colours; in the page each becomes a CSS variable, so that it
 * follows the theme. Series are distinguishable with the common kinds of colour blindness, and have a contrast of 3:1.
 */
const PARTS = {
  ink: ['#1c2733', '#e8ecf2'],
  muted: ['#566373', '#a6b1c0'],
  grid: ['#e1e6ec', '#2c3542'],
  card: ['#ffffff', '#161c25'],
  onfill: ['#fffffe', '#0c1118'],
  blue: ['#1f6fb2', '#62b0ee'],
  orange: ['#c8560c', '#ff9d57'],
  green: ['#0b8463', '#43c9a3'],
  purple: ['#9b4a8c', '#e39bd3'],
  quiet: ['#8494a7', '#68788c'],
  red: ['#b3261e', '#ff8a80'],
} as const;

export type Part = keyof typeof PARTS;

/** The colours in which charts are drawn. */
export const COLOUR = Object.fromEntries(Object.entries(PARTS).map(([part, [light]]) => [part, light])) as Record<
  Part,
  string
>;

const variables = new Map<string, string>(Object.entries(PARTS).map(([part, [light]]) => [light, `var(--${part})`]));

/** The CSS variable of a chart's colour; other colours are unchanged. */
export const themed = (colour: string): string => variables.get(colour.toLowerCase()) ?? colour;

const declarations = (theme: 0 | 1) =>
  Object.entries(PARTS)
    .map(([part, colours]) => `--${part}:${colours[theme]}`)
    .join(';');

export const THEMES = { light: declarations(0), dark: declarations(1) } as const;
