import Module from 'node:module';

type Resolve = (request: string, parent: unknown, ...rest: unknown[]) => string;
const resolver = Module as unknown as { _resolveFilename: Resolve };
const resolve = resolver._resolveFilename;

/** Jest maps `./x.js` to `./x.ts` for test files, but loads its global set-up and tear-down with plain `require`. */
resolver._resolveFilename = (request, parent, ...rest) => {
  try {
    return resolve(request, parent, ...rest);
  } catch (error) {
    if (!/^\.{1,2}\/.*\.js$/.test(request)) throw error;
    return resolve(request.replace(/\.js$/, '.ts'), parent, ...rest);
  }
};
