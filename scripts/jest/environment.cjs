// Test files run in Node's own realm instead of a sandbox each: packages are loaded once a process (see runtime.cjs), and
// `instanceof Error` holds for errors of Node and of packages too. What a file leaves behind is taken back at its end.
const vm = require('node:vm');
const { ModuleMocker } = require('jest-mock');
const { TestEnvironment } = require('jest-environment-node');

// Jest compiles every module for the context of its environment, and this cannot be switched off.
const contexts = new WeakSet();
const compileFunction = vm.compileFunction;
vm.compileFunction = (code, params, { parsingContext, ...options } = {}) =>
  compileFunction(code, params, contexts.has(parsingContext) ? options : { ...options, parsingContext });

// What is compared has no colours, whatever the terminal that Jest itself runs in can do.
delete process.env.FORCE_COLOR;
process.env.NO_COLOR = '1';
require('picocolors');

const SIGNALS = ['SIGINT', 'SIGTERM'];
const MATCHERS = Symbol.for('$$jest-matchers-object');
const describe = (object) => Object.getOwnPropertyDescriptors(object);

module.exports = class RealmEnvironment extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    contexts.add(this.context);
    this.global = globalThis;
    this.moduleMocker = new ModuleMocker(globalThis);
    // The timers that tests fake are those of this realm.
    this.fakeTimersModern = new this.fakeTimersModern.constructor({ config: config.projectConfig, global: globalThis });
    this.before = {
      globals: describe(globalThis),
      environment: { ...process.env },
      folder: process.cwd(),
      exit: process.exit,
      listeners: new Map(SIGNALS.map((name) => [name, process.listeners(name)])),
    };
    Error.stackTraceLimit = 100;
  }

  async teardown() {
    const { globals, environment, folder, exit, listeners } = this.before;
    this.moduleMocker.restoreAllMocks();
    await super.teardown();
    for (const name of Reflect.ownKeys(globalThis)) {
      if (name in globals) continue;
      if (Object.getOwnPropertyDescriptor(globalThis, name).configurable) delete globalThis[name];
    }
    for (const name of ['console', 'fetch', 'Date', 'setTimeout', 'setInterval'])
      Object.defineProperty(globalThis, name, globals[name]);
    const expect = globalThis[MATCHERS];
    if (expect) Object.assign(expect, { matchers: Object.create(null), customEqualityTesters: [] });
    for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
    Object.assign(process.env, environment);
    process.chdir(folder);
    process.exit = exit;
    for (const name of SIGNALS)
      for (const listener of process.listeners(name))
        if (!listeners.get(name).includes(listener)) process.removeListener(name, listener);
  }
};
