/** Replaces control characters by `?`. Names come from machines whose owners choose them, and must not control the terminal. */
// eslint-disable-next-line no-control-regex
export const plain = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');
