import { isatty } from 'node:tty';
import pc from 'picocolors';

/** Colour on a terminal only: what is piped or collected by a CI server stays plain. */
export const coloured = isatty(1) && pc.isColorSupported;
export const colours = pc.createColors(coloured);
