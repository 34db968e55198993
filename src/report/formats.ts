/** What a report can be written as. */
export const FORMATS = ['html', 'svg', 'png', 'csv'] as const;
export type Format = (typeof FORMATS)[number];
