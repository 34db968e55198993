import type { Completions, Word } from './completions.js';

export type Shell = 'bash' | 'zsh' | 'fish';

/**
 * A completion script for each shell. Shells differ in how they pass the previous arguments to a script, and in how the script
 * returns completions.
 */
export const SHELLS: Readonly<Record<Shell, (completions: readonly Completions[]) => string>> = {
  bash: (completions) => `_rollcall() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} at= word found=
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$at $word" in
      ${subcommandPatterns(completions)}) at="\${at:+$at }$word" ;;
    esac
  done
  case "$at $prev" in
${cases(values(completions), (words) => `found=${quoted(words.map(first).join(' '))}`)}
    *) case "$at" in
${cases(all(completions), (words) => `found=${quoted(words.map(first).join(' '))}`)}
    esac ;;
  esac
  COMPREPLY=($(compgen -W "$found" -- "$cur"))
}
complete -o default -F _rollcall rollcall
`,
  zsh: (completions) => `#compdef rollcall
_rollcall() {
  local at word
  local -a found
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$at $word" in
      ${subcommandPatterns(completions)}) at="\${at:+$at }$word" ;;
    esac
  done
  case "$at \${words[CURRENT-1]}" in
${cases(values(completions), (words) => `found=(${words.map(described).join(' ')})`)}
    *) case "$at" in
${cases(all(completions), (words) => `found=(${words.map(described).join(' ')})`)}
    esac ;;
  esac
  _describe rollcall found || _files
}
compdef _rollcall rollcall
`,
  fish: (completions) => `function __rollcall_at
  set -l at ''
  for word in (commandline -opc)[2..-1]
    switch "$at $word"
      case ${subcommandPatterns(completions).replaceAll('|', ' ')}
        set at (string trim -- "$at $word")
    end
  end
  test "$at" = "$argv[1]"
end
complete -c rollcall -e
${completions.flatMap(fishLines).join('\n')}
`,
};

const first = ([word]: Word) => word;
const quoted = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`;
const line = (text: string) => text.replace(/\s+/g, ' ');
const described = ([word, about]: Word) => quoted(`${word.replaceAll(':', '\\:')}:${line(about)}`);

/** Patterns of `case` that match a subcommand after its parent command: `' mask'|'mask new'`. */
const subcommandPatterns = (completions: readonly Completions[]) =>
  completions
    .filter(({ path }) => path !== '')
    .map(({ path }) => (path.includes(' ') ? quoted(path) : quoted(` ${path}`)))
    .join('|');

const all = (completions: readonly Completions[]) =>
  completions.map(({ path, words }): [string, Word[]] => [path, words]);
const values = (completions: readonly Completions[]) =>
  completions.flatMap(({ path, values: options }) =>
    options.map(([option, choices]): [string, Word[]] => [
      `${path} ${option}`,
      choices.map((choice): Word => [choice, '']),
    ]),
  );

const cases = (entries: readonly [string, Word[]][], body: (words: Word[]) => string) =>
  entries.map(([pattern, words]) => `    ${quoted(pattern)}) ${body(words)} ;;`).join('\n');

function fishLines({ path, words, values: options }: Completions): string[] {
  const text = (value: string) => `'${line(value).replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const when = `complete -c rollcall -n ${text(`__rollcall_at ${text(path)}`)}`;
  const choices = new Map(options);
  return words.map(([word, about]) => {
    const description = `-d ${text(about)}`;
    if (!word.startsWith('--')) return `${when} -f -a ${text(word)} ${description}`;
    const offered = choices.get(word);
    return `${when} -l ${word.slice(2)} ${offered ? `-x -a ${text(offered.join(' '))} ` : ''}${description}`;
  });
}
