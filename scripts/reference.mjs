// Writes docs/reference/ from the code: commands, settings, failures and collections. With --check it writes nothing, and
// fails when a page differs from the code.
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);
const built = (path) => require(join(root, 'dist/src', path));
const shownText = (text) => {
  if (text === undefined) throw new Error('A cell of a reference page has no text');
  return String(text);
};
const cell = (text) => shownText(text).replaceAll('|', '\\|').replaceAll(/\s+/g, ' ').trim();
const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.map(cell).join(' | ')} |`).join('\n');
const code = (text) => `\`${text}\``;

async function commands() {
  const { buildProgram } = built('cli/program.js');
  const { COMMANDS } = built('cli/commands.js');
  const { EXIT_CODES } = built('cli/shared/exit.js');
  const program = await buildProgram(() => true);
  const named = new Map(program.commands.map((command) => [command.name(), command]));
  const described = (command, path) => [
    `### \`${path} ${command.usage()}\``,
    `${sentence(command.description())}`,
    ...(command.registeredArguments.length > 0
      ? [list(command.registeredArguments.map((argument) => [argument.name(), about(argument)]))]
      : []),
    ...(command.options.length > 0 ? [list(command.options.map((option) => [option.flags, about(option)]))] : []),
    ...command.commands.flatMap((child) => described(child, `${path} ${child.name()}`)),
  ];
  const list = (entries) => entries.map(([name, text]) => `- ${code(name)}: ${text}`).join('\n');
  return [
    '# Commands',
    '`npm run rollcall -- COMMAND` runs any of these; after `npm link`, `rollcall COMMAND` does. `npm run demo`, `trigger`, `schedule`, `replay` and `verify` are short for the command of that name, and `npm start` runs a worker.',
    table(
      ['exit code', 'means'],
      Object.entries(EXIT_CODES).map(([exit, means]) => [exit, means]),
    ),
    ...Object.entries(COMMANDS).flatMap(([group, commands]) => [
      `## ${group}`,
      ...commands.flatMap(({ name }) => described(named.get(name), name)),
    ]),
    '## Your shell',
    ...described(named.get('completion'), 'completion'),
  ];
}

const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}.`;
function about(one) {
  const notes = [
    one.argChoices ? `one of ${one.argChoices.map(code).join(', ')}` : undefined,
    one.defaultValue === undefined || one.defaultValue === false
      ? undefined
      : `default ${code(one.defaultValueDescription ?? one.defaultValue)}`,
  ].filter(Boolean);
  return one.description + (notes.length > 0 ? ` (${notes.join('; ')})` : '');
}

/** The comment above each variable of .env.example. A test checks that the file has every variable of the code. */
function comments() {
  const all = new Map();
  let above = [];
  for (const line of readFileSync(join(root, '.env.example'), 'utf8').split('\n')) {
    const [, name] = /^#?([A-Z][A-Z0-9_]*)=/.exec(line) ?? [];
    if (name !== undefined) all.set(name, above.join(' '));
    if (name !== undefined || line.trim() === '' || line.startsWith('# ---')) above = [];
    else if (line.startsWith('# ')) above.push(line.slice(2));
  }
  return all;
}

function settings() {
  const { SETTINGS } = built('config.js');
  const { loadSources } = built('sources/loading/registry.js');
  const help = comments();
  return [
    '# Settings',
    'Every variable comes from the environment, or from `.env` where the environment does not set it. Times are in seconds.',
    '## Rollcall',
    table(
      ['variable', 'default', 'meaning'],
      SETTINGS.map(({ name, fallback }) => [code(name), shown(fallback), help.get(name) ?? '']),
    ),
    '## Sources',
    'Each source also takes `ROLLCALL_SCHEDULE_<SOURCE>`, a cron expression with five fields.',
    ...loadSources()
      .all()
      .flatMap((source) => [
        `### \`${source.name}\``,
        `Lists ${source.dataset}. API: <${source.docs}>`,
        table(
          ['variable', 'default', 'meaning'],
          Object.values(source.settings).map(({ env, fallback, secret, help: text }) => [
            code(env),
            shown(fallback),
            `${text}${secret ? ' (secret)' : ''}`,
          ]),
        ),
      ]),
  ];
}

const shown = (value) => (value === undefined || String(value) === '' ? '' : code(value));

function failures() {
  const { FAILURES } = built('model/failure.js');
  const RETRY = {
    never: 'no',
    'retry-after': 'after the time that the vendor names, 30 times at most',
    'patience-or-retry-after':
      'after the time that the vendor names; without one, until `ROLLCALL_PATIENCE_SECONDS` have passed',
    patience: 'until `ROLLCALL_PATIENCE_SECONDS` have passed',
    twice: 'once',
    always: 'yes, without end',
  };
  return [
    '# Failures',
    'Every kind of failure, and what Rollcall does about it. A source that **parks** keeps its cursor and continues after `rollcall resume SOURCE`, or with the next run. [Failures](../failures.md) describes what to examine for each kind.',
    table(
      ['kind', 'means', 'tried again', 'parks', 'exit code', 'what to do'],
      Object.entries(FAILURES).map(([kind, { means, retry, parks, exitCode, remedy }]) => [
        code(kind),
        means,
        RETRY[retry],
        parks ? 'yes' : '',
        exitCode,
        remedy,
      ]),
    ),
  ];
}

/** Matches a document type: its comment, name, base type and members. Relies on the formatting of Prettier. */
const DOCUMENT =
  /(?:\/\*\*((?:(?!\*\/).)*)\*\/\n)?export (?:interface|type) (\w+Doc)(?: extends (\w+))?(?: =)? ?([^{;\n]*& )?\{\n(.*?)\n\}/gs;
const FIELD = /(?:^ {2}\/\*\*((?:(?!\*\/)[^])*)\*\/\n)?^ {2}(\w+\??): ((?:.*\n(?: {3,}.*\n)* {2}\S*|.*?));$/gm;
const plain = (comment) =>
  comment
    .replaceAll(/^\s*\* ?/gm, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
const fieldsOf = (body) =>
  [...body.matchAll(FIELD)].map(([, comment = '', name, type]) => [code(name), code(plain(type)), plain(comment)]);

/** The documents of `src/store/documents/`: each interface or type `…Doc` with its comment, fields and indexes. */
function collections() {
  const folder = join(root, 'src/store/documents');
  const { declaredIndexes, COLLECTIONS } = built('store/database.js');
  const byName = new Proxy({}, { get: (_, property) => ({ collectionName: COLLECTIONS[property] }) });
  const indexes = new Map(declaredIndexes(byName).map(([{ collectionName }, list]) => [collectionName, list]));
  const documents = new Map();
  for (const file of readdirSync(folder)) {
    const text = readFileSync(join(folder, file), 'utf8');
    for (const [, comment = '', name, parent, rest, body] of text.matchAll(DOCUMENT))
      documents.set(name, {
        comment: plain(comment),
        base: parent ?? rest?.replace(/ & $/, ''),
        fields: fieldsOf(body),
      });
  }
  const store = readFileSync(join(root, 'src/store/database.ts'), 'utf8');
  const typed = [...store.matchAll(/^ {2}(\w+): Collection<(\w+)>;$/gm)];
  return [
    '# Collections',
    'What Rollcall keeps in MongoDB. Every collection also has the index on `_id`.',
    ...typed.flatMap(([, property, type]) => {
      const name = COLLECTIONS[property];
      const { comment, base, fields } = documents.get(type);
      const listed = (indexes.get(name) ?? []).map(({ key }) => code(JSON.stringify(key)));
      return [
        `## \`${name}\``,
        comment,
        ...(base ? [`It is a ${code(base)} and has these fields besides:`] : []),
        ...(fields.length > 0 ? [table(['field', 'type', 'meaning'], fields)] : []),
        ...(listed.length > 0 ? [`Indexes: ${listed.join(', ')}`] : []),
      ];
    }),
  ];
}

/** The observation that `map()` returns: each interface of `src/host/types.ts` with its fields. */
function observations() {
  const text = readFileSync(join(root, 'src/host/types.ts'), 'utf8');
  const interfaces = [...text.matchAll(/^export interface (\w+) \{\n([^]*?)\n\}/gm)].filter(
    ([, name]) => name !== 'HostRecord',
  );
  return [
    '# Observations',
    'What `map()` of a source of hosts returns in `observation`: OCSF `device` names (schema 1.8) and a few fields outside it. Leave out a field that the vendor does not report: no `null`, no empty text. [Adding a source](../adding-a-source.md) describes the functions of `rollcall/mapping` that read each kind of value.',
    ...interfaces
      .toReversed()
      .flatMap(([, name, body]) => [`## \`${name}\``, table(['field', 'type', 'meaning'], fieldsOf(body))]),
  ];
}

const pages = { commands, settings, failures, collections, observations };
const check = process.argv.includes('--check');
const stale = [];
for (const [name, make] of Object.entries(pages)) {
  const path = join(root, 'docs/reference', `${name}.md`);
  const note = `<!-- Written by \`npm run reference\`: change the code, not this page. -->`;
  const blocks = (await make()).filter((block) => block !== '');
  const text = await format([blocks[0], note, ...blocks.slice(1)].join('\n\n'), {
    ...(await resolveConfig(path)),
    parser: 'markdown',
  });
  if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
  if (check) stale.push(`docs/reference/${name}.md`);
  else {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    console.log(`Wrote docs/reference/${name}.md`);
  }
}
if (stale.length > 0) {
  console.error(`Not what the code says: ${stale.join(', ')}. Run npm run reference`);
  process.exit(1);
}
