/** Renders `count` variants of a text once and caches each as a flat string, because few values determine the text of a record. */
export function variants(count: number, make: (variant: number) => string): (random: number) => string {
  const made: (string | undefined)[] = Array.from({ length: count });
  return (random) => {
    const variant = random % count;
    // Encoding and decoding flattens the string that concatenation built.
    return (made[variant] ??= Buffer.from(make(variant)).toString());
  };
}
