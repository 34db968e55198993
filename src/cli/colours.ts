import pc from 'picocolors';

/** Colour on a terminal only: what is piped or collected by a CI server stays plain. */
export const colours = pc.createColors(process.stdout.isTTY && pc.isColorSupported);
