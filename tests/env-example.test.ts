import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { loadConfig } from '../src/config.js';
import { scheduleOf } from '../src/temporal/schedules/schedules.js';
import { loadSources } from '../src/sources/loading/registry.js';
import { configVariables, sourceVariables } from './support/variables.js';

const lines = readFileSync(join(__dirname, '../.env.example'), 'utf8').split('\n');
const sources = loadSources().all();

interface Variable {
  name: string;
  /** The value without quotes, as Node reads it. */
  value: string;
  /** True when the variable is commented out: the value is the default. */
  optional: boolean;
  /** The line above. */
  comment: string;
}

const variables: Variable[] = lines.flatMap((line, index) => {
  const name = /^#?([A-Z][A-Z0-9_]*)=/.exec(line)?.[1];
  if (name === undefined) return [];
  const value = parseEnv(line.replace(/^#/, ''))[name] ?? '';
  return [{ name, value, optional: line.startsWith('#'), comment: lines[index - 1] ?? '' }];
});
const example = Object.fromEntries(variables.map(({ name, value }) => [name, value]));

test('the example names every variable of the configuration and of the sources, once, and nothing else', () => {
  const declared = [...configVariables(), ...sources.flatMap(sourceVariables)];
  expect(declared).toEqual(expect.arrayContaining(['MONGODB_URI', 'QUALYS_PASSWORD', 'ROLLCALL_SCHEDULE_CROWDSTRIKE']));
  expect(variables.map(({ name }) => name).sort()).toEqual(declared.sort());
});

test('a line above each variable describes it', () => {
  const silent = variables.filter(({ comment }) => !/^# \S.{5}/.test(comment) || comment.startsWith('# ---'));
  expect(silent.map(({ name }) => name)).toEqual([]);
});

test('the configuration with every line enabled equals the default configuration', () => {
  const { environment: _example, ...configured } = loadConfig(example);
  const { environment: _empty, ...defaults } = loadConfig({});
  expect(configured).toEqual(defaults);
});

test('a required setting of a source is left to fill in, and any other setting shows its default', () => {
  const shown = new Map(variables.map(({ name, value, optional }) => [name, { value, optional }]));
  for (const source of sources) {
    for (const { env, fallback } of Object.values(source.settings)) {
      expect([env, shown.get(env)]).toEqual([env, { value: fallback ?? '', optional: fallback !== undefined }]);
    }
  }
});

test('the schedules of the example are those of the sources', () => {
  for (const source of sources) {
    expect(scheduleOf(source, loadConfig(example))).toEqual(scheduleOf(source, loadConfig({})));
  }
});
