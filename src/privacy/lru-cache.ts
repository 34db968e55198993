/** Caches computed texts: at least the last `limit` of them, at most twice as many. */
export class LruCache {
  private young = new Map<string, string>();
  private old = new Map<string, string>();

  constructor(private readonly limit: number) {}

  get(text: string, compute: () => string): string {
    const known = this.young.get(text);
    if (known !== undefined) return known;
    const found = this.old.get(text) ?? compute();
    if (this.young.size >= this.limit) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(text, found);
    return found;
  }
}
