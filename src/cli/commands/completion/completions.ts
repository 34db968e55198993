import type { Command } from 'commander';

/** An argument that the user may type next, and its description. */
export type Word = readonly [word: string, about: string];

/** The completions at one point of a command line. */
export interface Completions {
  /** The commands so far: `quarantine list`; empty for the program itself. */
  path: string;
  words: Word[];
  /** The values of an option. */
  values: [option: string, choices: readonly string[]][];
}

/** The completions of a program, followed by those of its subcommands. */
export function completionsOf(command: Command, path = ''): Completions[] {
  const commands = command.commands.filter((child) => !isHidden(child));
  const options = command.options.filter(({ hidden }) => !hidden);
  const help: Word[] = [['--help', 'show the help']];
  const own: Completions = {
    path,
    words: [
      ...commands.map((child): Word => [child.name(), child.summary() || child.description()]),
      ...command.registeredArguments.flatMap(({ argChoices = [], description }) =>
        argChoices.map((choice): Word => [choice, description]),
      ),
      ...options.flatMap(({ long, description }): Word[] => (long ? [[long, description]] : [])),
      ...help,
    ],
    values: options.flatMap(({ long, argChoices }): Completions['values'] =>
      long && argChoices ? [[long, argChoices]] : [],
    ),
  };
  return [
    own,
    ...commands.flatMap((child) => completionsOf(child, path === '' ? child.name() : `${path} ${child.name()}`)),
  ];
}

const isHidden = (command: Command) => (command as Command & { _hidden?: boolean })._hidden === true;
