/** The formats of a report. */
export const FORMATS = ['html', 'svg', 'png', 'csv'] as const;
export type Format = (typeof FORMATS)[number];
