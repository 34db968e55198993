import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Folders in which systems keep suitable fonts; the first match is used. */
const FOLDERS = [
  '/usr/share/fonts/truetype/dejavu',
  '/usr/share/fonts/dejavu',
  '/usr/share/fonts/TTF',
  '/usr/share/fonts/dejavu-sans-fonts',
  '/usr/local/share/fonts',
];
const FILES = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'];

/** Fonts of other systems with the same metrics. */
const OTHERS = [
  ['/System/Library/Fonts/Supplemental', 'Arial.ttf', 'Arial Bold.ttf'],
  ['C:\\Windows\\Fonts', 'arial.ttf', 'arialbd.ttf'],
  ['/usr/share/fonts/truetype/liberation', 'LiberationSans-Regular.ttf', 'LiberationSans-Bold.ttf'],
] as const;

/**
 * Two font files, regular and bold; `undefined` if there are none. The caller then writes no PNG, because its charts would have
 * no text.
 */
export function findFonts(): string[] | undefined {
  const candidates = [packaged(), ...FOLDERS].map((folder) => folder && FILES.map((file) => join(folder, file)));
  const others = OTHERS.map(([folder, ...files]) => files.map((file) => join(folder, file)));
  return [...candidates, ...others].find(
    (files): files is string[] => !!files && files.every((file) => existsSync(file)),
  );
}

/** The folder of the npm package with the fonts, if installed. */
function packaged(): string | undefined {
  try {
    return join(require.resolve('dejavu-fonts-ttf/package.json'), '../ttf');
  } catch {
    return undefined;
  }
}

/** Renders at twice the size, for slides and high-density screens. */
const ZOOM = 2;

/** Renders SVG as PNG. The renderer loads at first use, and does not block the event loop. */
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
