/** `1,684` */
export const number = (value: number): string => value.toLocaleString('en-US');

/** `1 host`, `2,000 hosts` */
export const counted = (value: number, noun: string, plural = `${noun}s`): string =>
  `${number(value)} ${value === 1 ? noun : plural}`;
