/** Smaller groups of users are hidden, because they could identify a person. */
export const FEWEST = 5;

interface Group {
  users: number;
}

/**
 * Divides groups into those that may be shown and those that must be hidden. If a group is too small, the smallest of the other
 * groups is hidden as well: otherwise a reader could subtract the shown groups from the total.
 */
export function hideSmall<G extends Group>(groups: readonly G[]): { shown: G[]; hidden: G[] } {
  const shown = groups.filter(({ users }) => users >= FEWEST);
  const hidden = groups.filter(({ users }) => users < FEWEST);
  if (hidden.length === 0 || shown.length === 0) return { shown, hidden };
  const cover = shown.reduce((least, group) => (group.users < least.users ? group : least));
  return { shown: shown.filter((group) => group !== cover), hidden: [...hidden, cover] };
}
