import { chromium, type Browser } from 'playwright-core';
import { onPath } from '../../src/servers/programs/path.js';

const found = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'].flatMap((name) =>
  onPath(name, process.env),
);
if (found.length === 0)
  process.stderr.write('The page is not tested in a browser: there is neither chromium nor google-chrome on PATH\n');

/** `test` where there is a browser, `test.skip` elsewhere. */
export const browserTest = found.length > 0 ? test : test.skip;
export const hasBrowser = found.length > 0;

/** Opens the Chromium of this machine. */
export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: found[0]!, args: ['--no-sandbox', '--disable-gpu'] });
