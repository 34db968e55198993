// Packages, the compiled program and Rollcall's own modules are loaded once in each of Jest's processes, by Node itself:
// Temporal's, MongoDB's and AWS's packages take seconds together, and code that stays loaded is compiled well. What belongs to
// tests is loaded for each file, as in any Jest, and so is all of it where a file replaces a module (`jest.mock`).
const { existsSync, readFileSync } = require('node:fs');
const Module = require('node:module');
const { dirname, isAbsolute, join, resolve } = require('node:path');
const { default: Runtime } = require('jest-runtime');

const ROOT = join(__dirname, '../..');
const COMPILED = join(ROOT, 'dist/');
const SHARED = ['src/', 'simulator/', 'bench/'].map((folder) => join(ROOT, folder));
const TYPESCRIPT = { isInternalModule: false, supportsDynamicImport: false, supportsStaticESM: false };

const requires = new Map();
function requireOf(from) {
  let require = requires.get(from);
  if (!require) requires.set(from, (require = Module.createRequire(from)));
  return require;
}

/** Where lines of compiled modules come from, for stack traces: of all files that this process has run. */
const sourceMaps = new Map();
let current;
Module._extensions['.ts'] = (module, file) => module._compile(current.transformCache.transform(file, TYPESCRIPT), file);
const resolveFilename = Module._resolveFilename;
// TypeScript sources import each other with the .js extension that Node wants.
Module._resolveFilename = function (request, parent, ...rest) {
  if (parent?.filename?.endsWith('.ts') && request.startsWith('.') && request.endsWith('.js')) {
    const file = resolve(dirname(parent.filename), request.replace(/\.js$/, '.ts'));
    if (existsSync(file)) return file;
  }
  return resolveFilename.call(this, request, parent, ...rest);
};

module.exports = class SharingRuntime extends Runtime {
  constructor(...args) {
    super(...args);
    const [, , , , , , testPath] = args;
    this.replaces = readFileSync(testPath, 'utf8').includes('jest.mock(');
    this.transformCache.sourceMaps = sourceMaps;
    current = this;
    // The one thing that a file may have set for the whole process.
    const network = require.cache[join(ROOT, 'src/network/network.ts')];
    network?.exports.useNetwork({ onPremises: [], environment: process.env });
  }

  requireModule(from, name, options, isRequireActual) {
    if (options || !name) return super.requireModule(from, name, options, isRequireActual);
    if (name.startsWith('.')) {
      const file = resolve(dirname(from), name.replace(/\.js$/, '.ts'));
      const shared = !this.replaces && file.endsWith('.ts') && SHARED.some((folder) => file.startsWith(folder));
      return shared ? requireOf(from)(file) : super.requireModule(from, name, options, isRequireActual);
    }
    const own = isAbsolute(name) && !name.startsWith(COMPILED);
    return own ? super.requireModule(from, name, options, isRequireActual) : requireOf(from)(name);
  }
};
