/** How many findings of one kind are named before the rest is only counted. */
const NAMED = 10;

/** What a verification found, by kind. */
export class Findings {
  private readonly kinds = new Map<string, string[]>();
  add(kind: string, where: string): void {
    this.kinds.set(kind, [...(this.kinds.get(kind) ?? []), where]);
  }
  list(): string[] {
    return [...this.kinds].map(([kind, places]) => {
      const more = places.length > NAMED ? ` and ${places.length - NAMED} more` : '';
      return `${kind} (${places.length}): ${places.slice(0, NAMED).join(', ')}${more}`;
    });
  }
}
