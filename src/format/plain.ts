/** Names come from machines that anybody may have named: control characters never reach the terminal. */
// eslint-disable-next-line no-control-regex
export const plain = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');
