import type { Command } from 'commander';

/** A word that may come next, and what it is about. */
export type Word = readonly [word: string, about: string];

/** Where in a command line something is to be completed. */
export interface Place {
  /** The commands so far: `quarantine list`; empty for the program itself. */
  path: string;
  words: Word[];
  /** What may come behind an option. */
  values: [option: string, choices: readonly string[]][];
}

/** Every place of a program, its subcommands' after its own. */
export function placesOf(command: Command, path = ''): Place[] {
  const commands = command.commands.filter((child) => !isHidden(child));
  const options = command.options.filter(({ hidden }) => !hidden);
  const help: Word[] = [['--help', 'what there is']];
  const place: Place = {
    path,
    words: [
      ...commands.map((child): Word => [child.name(), child.summary() || child.description()]),
      ...command.registeredArguments.flatMap(({ argChoices = [], description }) =>
        argChoices.map((choice): Word => [choice, description]),
      ),
      ...options.flatMap(({ long, description }): Word[] => (long ? [[long, description]] : [])),
      ...help,
    ],
    values: options.flatMap(({ long, argChoices }): Place['values'] =>
      long && argChoices ? [[long, argChoices]] : [],
    ),
  };
  return [
    place,
    ...commands.flatMap((child) => placesOf(child, path === '' ? child.name() : `${path} ${child.name()}`)),
  ];
}

const isHidden = (command: Command) => (command as Command & { _hidden?: boolean })._hidden === true;
