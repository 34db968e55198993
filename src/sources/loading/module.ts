import { readFileSync, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join, resolve } from 'node:path';
import { compileFunction, constants } from 'node:vm';
import type { transformSync } from '@swc/core';
import { undefinedCall } from './undefined-calls.js';

interface Loaded {
  exports: Record<string, unknown>;
}

/** Modules of the project that a file outside it may import, with their paths. */
const PUBLIC: Readonly<Record<string, string>> = {
  rollcall: '../public/index',
  'rollcall/mapping': '../public/mapping',
  'rollcall/jsonl': '../../connectors/jsonl/index',
  'rollcall/sqs': '../../connectors/sqs/index',
  'rollcall/testing': '../testing/index',
};

/**
 * Loads a module from outside the project, `.ts` or `.js`, as ES module or CommonJS, regardless of the folder's package.json.
 * The module may import `rollcall` (defineSource, httpInput, …), `rollcall/mapping`, `rollcall/jsonl`, `rollcall/sqs`,
 * `rollcall/testing`, files in its folder, and packages that it or the project can resolve. Throws the errors of the compiler
 * and of the module.
 */
export function loadModule(file: string, loaded = new Map<string, Loaded>()): Record<string, unknown> {
  const known = loaded.get(file);
  if (known) return known.exports;
  const module: Loaded = { exports: {} };
  loaded.set(file, module);
  // The compiler is loaded only when there is such a module, because it takes 27 MB of memory.
  const { transformSync: transform } = require('@swc/core') as { transformSync: typeof transformSync };
  const text = readFileSync(file, 'utf8');
  const { code } = transform(text, {
    filename: file,
    swcrc: false,
    configFile: false,
    isModule: 'unknown',
    jsc: { parser: { syntax: extname(file) === '.ts' ? 'typescript' : 'ecmascript' }, target: 'es2022' },
    module: { type: 'commonjs' },
    sourceMaps: 'inline',
  });
  // Checked here, because otherwise the first call of an undefined function would fail in the middle of a run.
  const fault = undefinedCall(text, extname(file) === '.ts', ownExports);
  if (fault !== undefined) throw new Error(fault);
  const run = compileFunction(code, ['exports', 'require', 'module', '__filename', '__dirname'], {
    filename: file,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  }) as (...given: unknown[]) => void;
  run(module.exports, requireFor(file, loaded), module, file, dirname(file));
  return module.exports;
}

function requireFor(file: string, loaded: Map<string, Loaded>): (specifier: string) => unknown {
  const outside = createRequire(file);
  return (specifier) => {
    const own = ownModule(specifier);
    if (own !== undefined) return require(own) as unknown;
    if (specifier.startsWith('.')) return requireRelative(resolve(dirname(file), specifier), loaded, outside);
    try {
      return outside(specifier) as unknown;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
      return require(specifier) as unknown;
    }
  };
}

/**
 * Path of a public module of the project; `undefined` for any other module. Throws for a module `rollcall/…` that does not
 * exist.
 */
function ownModule(specifier: string): string | undefined {
  const path = PUBLIC[specifier];
  if (path !== undefined) return join(__dirname, path);
  if (specifier.startsWith('rollcall/'))
    throw new Error(`There is no module ${specifier}; available modules: ${Object.keys(PUBLIC).join(', ')}`);
  return undefined;
}

function ownExports(specifier: string): object | undefined {
  const own = ownModule(specifier);
  return own === undefined ? undefined : (require(own) as object);
}

/** Requires a module by its path. TypeScript files import each other with the extension `.js` or without an extension. */
function requireRelative(path: string, loaded: Map<string, Loaded>, outside: NodeJS.Require): unknown {
  const bare = path.replace(/\.js$/, '');
  const file = [path, `${bare}.ts`, `${bare}.js`].find(
    (candidate) => /\.[jt]s$/.test(candidate) && existsSync(candidate),
  );
  return file === undefined ? (outside(path) as unknown) : loadModule(file, loaded);
}
