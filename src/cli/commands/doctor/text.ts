import { colours as pc } from '../../../format/colours.js';
import { plain } from '../../../format/plain.js';
import type { Finding, Level } from '../../../diagnostics/doctor/check.js';
import { NOT_LOOKED_AT, type Group } from '../../../diagnostics/doctor/run-checks.js';

const MARKS: Record<Level, string> = {
  ok: pc.green('✓'),
  attention: pc.yellow('!'),
  down: pc.red('✗'),
  skipped: pc.dim('-'),
};

/** All groups in lines, and one that sums them up. */
export function tell(groups: readonly Group[]): string {
  const hidden = groups.filter(({ findings }) => findings.some(({ says }) => says.startsWith(NOT_LOOKED_AT)));
  const shown = groups.filter((group) => group.findings.length > 0 && !hidden.includes(group));
  const parts = shown.map(({ group, findings }) => [pc.bold(group), ...findings.flatMap(lines)].join('\n'));
  // Their server's own group says why.
  if (hidden.length > 0) parts.push(pc.dim(`${NOT_LOOKED_AT}: ${hidden.map(({ group }) => group).join(', ')}`));
  return [...parts, summary(groups)].join('\n');
}

function lines({ level, says, fix }: Finding): string[] {
  const text = level === 'skipped' ? pc.dim(plain(says)) : plain(says);
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
