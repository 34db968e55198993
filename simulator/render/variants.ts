/** Renders `count` variants of a text once and caches each as a flat string, because few values decide the text of a record. */
export function variants(count: number, make: (variant: number) => string): (drawn: number) => string {
  const made: (string | undefined)[] = Array.from({ length: count });
  return (drawn) => {
    const variant = drawn % count;
    // Encoding and decoding flattens the string that concatenation built.
    return (made[variant] ??= Buffer.from(make(variant)).toString());
  };
}
