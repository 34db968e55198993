/**
 * A body is not one complete text of its format. The message continues a sentence that begins with "the response". It names
 * the fault and the byte, never the content.
 */
export class Malformed extends Error {
  override readonly name = 'Malformed';
}
