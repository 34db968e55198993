/**
 * Bodies that this worker fetched a moment ago, so that normalizing them need not read them back. Bounded by bytes, oldest
 * out first; a miss only costs the read.
 */
export class PageCache {
  private readonly bodies = new Map<string, Buffer>();
  private bytes = 0;

  constructor(private readonly capacity: number) {}

  put(digest: string, body: Buffer): void {
    if (body.length > this.capacity || this.bodies.has(digest)) return;
    this.bodies.set(digest, body);
    this.bytes += body.length;
    for (const [oldest, { length }] of this.bodies) {
      if (this.bytes <= this.capacity) return;
      this.bodies.delete(oldest);
      this.bytes -= length;
    }
  }

  /** Hands the body over: it is not kept any longer. */
  take(digest: string): Buffer | undefined {
    const body = this.bodies.get(digest);
    if (body) {
      this.bodies.delete(digest);
      this.bytes -= body.length;
    }
    return body;
  }
}
