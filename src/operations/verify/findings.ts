/** Maximum number of findings of one kind that the text names. The others are only counted. */
const NAMED = 10;

/** Findings of a verification, by kind. */
export class Findings {
  private readonly kinds = new Map<string, string[]>();
  add(kind: string, where: string): void {
    this.kinds.set(kind, [...(this.kinds.get(kind) ?? []), where]);
  }
  list(): string[] {
    return [...this.kinds].map(([kind, locations]) => {
      const more = locations.length > NAMED ? ` and ${locations.length - NAMED} more` : '';
      return `${kind} (${locations.length}): ${locations.slice(0, NAMED).join(', ')}${more}`;
    });
  }
}
