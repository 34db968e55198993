// Packages, and the compiled program, are loaded once in each of Jest's processes, by Node itself: Temporal's, MongoDB's and
// AWS's packages take seconds together.
const { createRequire } = require('node:module');
const { isAbsolute, join } = require('node:path');
const { default: Runtime } = require('jest-runtime');

const COMPILED = join(__dirname, '../../dist/');
const requires = new Map();

module.exports = class SharingRuntime extends Runtime {
  requireModule(from, name, options, isRequireActual) {
    const own = !name || name.startsWith('.') || (isAbsolute(name) && !name.startsWith(COMPILED));
    if (own || options) return super.requireModule(from, name, options, isRequireActual);
    let require = requires.get(from);
    if (!require) requires.set(from, (require = createRequire(from)));
    return require(name);
  }
};
