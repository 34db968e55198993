/**
 * A body is not one complete text of its format. The message completes "the response …": it names the fault and the byte, never
 * the content.
 */
export class Malformed extends Error {
  override readonly name = 'Malformed';
}
