import { prefixOf, type AuthName, type Part } from './choices.js';

/** How a new source authenticates: its settings, and the code that uses them. */
interface AuthPart extends Part {
  /** Lines within `settings: { … }`. */
  settings: string[];
  /** Names of the settings, which `input` receives. */
  names: string[];
  /** The variables that the user must set. */
  variables: string[];
  /** For the remedy of rejected credentials. */
  remedy: string;
}

const AUTH_PARTS: Record<AuthName, (prefix: string) => AuthPart> = {
  header: (prefix) => ({
    imports: ['header'],
    settings: [`key: setting.secret('${prefix}_API_KEY', { help: 'API key that may only read' }),`],
    names: ['key'],
    variables: [`${prefix}_API_KEY`],
    // `x-api-key` is an example: the user replaces it with the vendor's header name.
    lines: [`auth: header('x-api-key', key),`],
    remedy: `Correct ${prefix}_API_KEY in .env and restart the worker`,
  }),
  bearer: (prefix) => ({
    imports: ['header'],
    settings: [`apiToken: setting.secret('${prefix}_TOKEN', { help: 'API token that may only read' }),`],
    names: ['apiToken'],
    variables: [`${prefix}_TOKEN`],
    lines: [`auth: header('authorization', apiToken, 'Bearer '),`],
    remedy: `Correct ${prefix}_TOKEN in .env and restart the worker`,
  }),
  basic: (prefix) => ({
    imports: ['basic'],
    settings: [
      `username: setting.text('${prefix}_USERNAME', { help: 'user that may only read' }),`,
      `password: setting.secret('${prefix}_PASSWORD', { help: 'password of that user' }),`,
    ],
    names: ['username', 'password'],
    variables: [`${prefix}_USERNAME`, `${prefix}_PASSWORD`],
    lines: ['auth: basic(username, password),'],
    remedy: `Correct ${prefix}_USERNAME and ${prefix}_PASSWORD in .env and restart the worker`,
  }),
  'client-credentials': (prefix) => ({
    imports: ['clientCredentials'],
    settings: [
      `clientId: setting.text('${prefix}_CLIENT_ID', { help: 'API client that may only read' }),`,
      `clientSecret: setting.secret('${prefix}_CLIENT_SECRET', { help: 'secret of that API client' }),`,
    ],
    names: ['clientId', 'clientSecret'],
    variables: [`${prefix}_CLIENT_ID`, `${prefix}_CLIENT_SECRET`],
    lines: [`auth: clientCredentials({ path: '/oauth2/token', clientId, clientSecret }),`],
    remedy: `Correct ${prefix}_CLIENT_ID and ${prefix}_CLIENT_SECRET in .env and restart the worker`,
  }),
};

export const authPart = (auth: AuthName, name: string): AuthPart => AUTH_PARTS[auth](prefixOf(name));
