import { userInfo } from 'node:os';

/** The system's name of the user who runs this command. */
export const user = (): string => {
  try {
    return userInfo().username;
  } catch {
    return 'unknown'; // a container's user need not have a name
  }
};
