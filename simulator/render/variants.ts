/** `count` texts made once each and joined to one flat string: what few values decide need not be put together for each record. */
export function variants(count: number, make: (variant: number) => string): (drawn: number) => string {
  const made: (string | undefined)[] = Array.from({ length: count });
  return (drawn) => {
    const variant = drawn % count;
    // A round trip through bytes flattens the rope that concatenation leaves.
    return (made[variant] ??= Buffer.from(make(variant)).toString());
  };
}
