/** A list of texts in one buffer. A million record ids take a third of the memory of an array of strings. */
export class TextList {
  private bytes: Buffer;
  private readonly ends: Uint32Array;
  private length = 0;
  private used = 0;

  /** `count`: the number of texts that will be added. */
  constructor(count: number) {
    this.ends = new Uint32Array(count);
    this.bytes = Buffer.allocUnsafe(Math.max(1_024, count * 32));
  }

  add(text: string): void {
    const most = this.used + 3 * text.length;
    if (most > this.bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(most, Math.ceil(this.bytes.length * 1.5)));
      this.bytes.copy(larger, 0, 0, this.used);
      this.bytes = larger;
    }
    this.used += this.bytes.write(text, this.used, 'utf8');
    this.ends[this.length] = this.used;
    this.length += 1;
  }

  at(index: number): string {
    return this.bytes.toString('utf8', index === 0 ? 0 : this.ends[index - 1], this.ends[index]);
  }
}
