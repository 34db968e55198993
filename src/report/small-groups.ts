/** A group of fewer people than this could be somebody. */
export const FEWEST = 5;

interface Group {
  users: number;
}

/**
 * Groups of enough people, and those that have to stay unsaid. Where one is too small, the smallest of the others goes with it:
 * otherwise it could be told from the total and the rest.
 */
export function hideSmall<G extends Group>(groups: readonly G[]): { shown: G[]; hidden: G[] } {
  const shown = groups.filter(({ users }) => users >= FEWEST);
  const hidden = groups.filter(({ users }) => users < FEWEST);
  if (hidden.length === 0 || shown.length === 0) return { shown, hidden };
  const cover = shown.reduce((least, group) => (group.users < least.users ? group : least));
  return { shown: shown.filter((group) => group !== cover), hidden: [...hidden, cover] };
}
