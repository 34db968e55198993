import { colours as pc } from '../../../format/colours.js';
import { plain } from '../../../format/plain.js';
import type { Finding, Level } from '../../../diagnostics/doctor/check.js';
import { NOT_CHECKED, type Group } from '../../../diagnostics/doctor/run-checks.js';

const MARKS: Record<Level, string> = {
  ok: pc.green('✓'),
  attention: pc.yellow('!'),
  down: pc.red('✗'),
  skipped: pc.dim('-'),
};

/** The lines of all groups, and a summary. */
export function textOf(groups: readonly Group[]): string {
  const hidden = groups.filter(({ findings }) => findings.some(({ message }) => message.startsWith(NOT_CHECKED)));
  const shown = groups.filter((group) => group.findings.length > 0 && !hidden.includes(group));
  const parts = shown.map(({ group, findings }) => [pc.bold(group), ...findings.flatMap(lines)].join('\n'));
  // The group of the server shows the reason.
  if (hidden.length > 0) parts.push(pc.dim(`${NOT_CHECKED}: ${hidden.map(({ group }) => group).join(', ')}`));
  return [...parts, summary(groups)].join('\n');
}

function lines({ level, message, fix }: Finding): string[] {
  const text = level === 'skipped' ? pc.dim(plain(message)) : plain(message);
  return [`  ${MARKS[level]} ${text}`, ...(fix === undefined ? [] : [`      → ${plain(fix)}`])];
}

function summary(groups: readonly Group[]): string {
  const of = (level: Level) =>
    groups.flatMap(({ findings }) => findings).filter((finding) => finding.level === level).length;
  const [attention, down] = [of('attention'), of('down')];
  if (attention + down === 0) return pc.green('\nAll is well');
  const servers = down === 0 ? [] : [pc.red(`${down} ${down === 1 ? 'server does' : 'servers do'} not answer`)];
  const others =
    attention === 0 ? [] : [pc.yellow(`${attention} ${attention === 1 ? 'thing needs' : 'things need'} attention`)];
  return `\n${[...servers, ...others].join(', ')}`;
}
