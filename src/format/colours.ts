import { isatty } from 'node:tty';
import pc from 'picocolors';

/** Whether output has colours: only on a terminal, not in pipes or on CI servers. */
export const coloured = isatty(1) && pc.isColorSupported;
export const colours = pc.createColors(coloured);
