/** A body is not one complete text of its format. The message goes on after "answer": what and at which byte, never what stands there. */
export class Malformed extends Error {
  override readonly name = 'Malformed';
}
