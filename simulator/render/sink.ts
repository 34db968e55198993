const SEGMENT = 256 * 1024;
const free: Buffer[] = [];

/** Returns a segment to the pool once the socket has sent its bytes. Sinks reuse segments, so memory does not grow with load. */
export function recycle(segment: Buffer): void {
  if (segment.buffer.byteLength === SEGMENT && free.length < 64) free.push(Buffer.from(segment.buffer));
}

/** Collects rendered text in segments of 256 KiB; `take` returns the full ones. */
export class Sink {
  private current = free.pop() ?? Buffer.allocUnsafeSlow(SEGMENT);
  private used = 0;
  private full: Buffer[] = [];

  private pending = '';

  /** The sink encodes text in one call when bytes follow or a record ends: an encoding call costs more than twenty characters. */
  text(text: string): void {
    this.pending += text;
  }

  bytes(bytes: Uint8Array): void {
    if (this.pending) this.flush();
    const { length } = bytes;
    if (this.used + length > this.current.length) this.rotate(length);
    this.current.set(bytes, this.used);
    this.used += length;
  }

  /** Overwrites the bytes that start `back` bytes before the end with ASCII text. */
  patch(back: number, ascii: string): void {
    const start = this.used - back;
    for (let place = 0; place < ascii.length; place++) this.current[start + place] = ascii.charCodeAt(place);
  }

  /** Whether `take` would return a segment. */
  get ready(): boolean {
    return this.full.length > 0;
  }

  /** Returns the full segments and removes them from the sink. */
  take(): Buffer[] {
    if (this.pending) this.flush();
    const segments = this.full;
    if (segments.length > 0) this.full = [];
    return segments;
  }

  /** Returns the last, partly filled segment. The sink must not be used afterwards. */
  end(): Buffer {
    if (this.pending) this.flush();
    return this.current.subarray(0, this.used);
  }

  /** Returns the text of a sink that serves as a scratch buffer, and empties the sink. */
  drain(): string {
    const text = this.pending;
    this.pending = '';
    return text;
  }

  private flush(): void {
    const { pending } = this;
    this.pending = '';
    // The longest UTF-8 form is three bytes per character.
    if (this.used + pending.length * 3 > this.current.length) this.rotate(pending.length * 3);
    this.used += this.current.write(pending, this.used);
  }

  private rotate(needed: number): void {
    if (this.used > 0) this.full.push(this.current.subarray(0, this.used));
    this.current = needed > SEGMENT ? Buffer.allocUnsafeSlow(needed) : (free.pop() ?? Buffer.allocUnsafeSlow(SEGMENT));
    this.used = 0;
  }
}
