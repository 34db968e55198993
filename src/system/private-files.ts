/** The mode of what holds an inventory, its logs or its keys: nobody else on the machine reads it. */
export const PRIVATE_FOLDER = 0o700;
export const PRIVATE = { mode: 0o600 } as const;

/** Lets this process and those that it starts make private files and folders, whoever in it makes them: a server, a library. */
export function makeFilesPrivate(): void {
  process.umask(0o077);
}
