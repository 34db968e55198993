import { colours as pc } from '../../../format/colours.js';
import { plain } from '../../../format/plain.js';
import type { Checked } from '../../../diagnostics/source/check.js';
import type { Faulty } from '../../../diagnostics/source/definition.js';
import type { SettingLine } from '../../../diagnostics/source/settings.js';

const row = (label: string, text: string) => `  ${label.padEnd(13)}${plain(text)}`;
const number = (value: number) => value.toLocaleString('en-US');

/** A faulty file as text. */
export function tellFaulty({ fault, hints }: Faulty): string {
  return [`${pc.red('✗')} ${plain(fault)}`, ...hints.map((hint) => `  ${plain(hint)}`)].join('\n');
}

/** The result of a check as text. */
export function tellChecked(checked: Checked): string {
  return [...lines(checked)].join('\n');
}

function* lines({ name, file, remarks, settings, response, failure }: Checked): Iterable<string> {
  yield `${failure ? pc.red('✗') : pc.green('✓')} ${pc.bold(name)}  ${plain(file)}`;
  for (const remark of remarks) yield `  ${pc.yellow('!')} ${plain(remark)}`;
  const width = Math.max(0, ...settings.map(({ variable }) => variable.length));
  for (const setting of settings) yield `  ${setting.variable.padEnd(width)}  ${settingText(setting)}`;
  if (response) yield* answered(response);
  if (!failure) return;
  yield `  ${pc.red(failure.kind)}: ${plain(failure.message)}`;
  if (failure.remedy) yield `  ${plain(failure.remedy)}`;
}

function settingText({ from, value, fault, help }: SettingLine): string {
  if (fault !== undefined) return pc.yellow(plain(`${fault} (${help})`));
  return `${plain(value === '' ? '(empty)' : (value ?? ''))}  ${pc.dim(from)}`;
}

function* answered(response: NonNullable<Checked['response']>): Iterable<string> {
  const { rows, total, ms, requests, account, limits, clockAheadSeconds: ahead, warnings } = response;
  if (rows !== undefined)
    yield row(
      'lists',
      total === undefined ? 'records; the vendor does not report how many' : `${number(total)} records`,
    );
  yield row('answered in', `${number(ms)} ms`);
  for (const { method, at, status, ms } of requests) yield row('', `${method} ${at}  ${status}  ${ms} ms`);
  for (const [name, value] of Object.entries(account)) yield row('account', `${name}: ${value}`);
  for (const [name, value] of Object.entries(limits)) yield row('limit', `${name}: ${value}`);
  // A smaller skew may be latency and the rounding of the header.
  if (ahead !== undefined && Math.abs(ahead) > 5)
    yield `  ${pc.yellow('!')} The vendor's clock is ${Math.abs(ahead)} s ${ahead > 0 ? 'ahead of' : 'behind'} this one: logins may be refused for that`;
  for (const warning of warnings) yield `  ${pc.yellow('!')} ${plain(warning)}`;
}
