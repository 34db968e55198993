/**
 * Replaces control characters by `?`. Names come from records, where a machine's owner may choose any name, and must not
 * control the terminal.
 */
// eslint-disable-next-line no-control-regex
export const printable = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');
