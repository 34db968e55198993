import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Where systems keep fonts that a chart can be lettered with: the first one found is taken. */
const FOLDERS = [
  '/usr/share/fonts/truetype/dejavu',
  '/usr/share/fonts/dejavu',
  '/usr/share/fonts/TTF',
  '/usr/share/fonts/dejavu-sans-fonts',
  '/usr/local/share/fonts',
];
const FILES = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'];

/** The widths of letters that other systems have instead. */
const OTHERS = [
  ['/System/Library/Fonts/Supplemental', 'Arial.ttf', 'Arial Bold.ttf'],
  ['C:\\Windows\\Fonts', 'arial.ttf', 'arialbd.ttf'],
  ['/usr/share/fonts/truetype/liberation', 'LiberationSans-Regular.ttf', 'LiberationSans-Bold.ttf'],
] as const;

/** Two files of fonts, plain and bold; `undefined` where there are none: charts would have no text. */
export function findFonts(): string[] | undefined {
  const places = [packaged(), ...FOLDERS].map((folder) => folder && FILES.map((file) => join(folder, file)));
  const others = OTHERS.map(([folder, ...files]) => files.map((file) => join(folder, file)));
  return [...places, ...others].find((files): files is string[] => !!files && files.every((file) => existsSync(file)));
}

/** The folder of the package that carries them, where it is installed. */
function packaged(): string | undefined {
  try {
    return join(require.resolve('dejavu-fonts-ttf/package.json'), '../ttf');
  } catch {
    return undefined;
  }
}

/** Twice the size that it is drawn in, for slides and high-density screens. */
const ZOOM = 2;

/** An SVG as PNG. The renderer is loaded when first needed, and works beside the event loop. */
export async function pngOf(svg: string, fonts: readonly string[]): Promise<Buffer> {
  const { renderAsync } = await import('@resvg/resvg-js');
  const image = await renderAsync(svg, {
    fitTo: { mode: 'zoom', value: ZOOM },
    font: {
      loadSystemFonts: false,
      fontFiles: [...fonts],
      defaultFontFamily: 'DejaVu Sans',
      sansSerifFamily: 'DejaVu Sans',
    },
  });
  return image.asPng();
}
