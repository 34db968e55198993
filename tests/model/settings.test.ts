import { resolveSettings, setting } from '../../src/model/settings.js';

const shape = {
  url: setting.url('ACME_URL', { help: 'base URL of the API' }),
  token: setting.secret('ACME_TOKEN', { help: 'API token' }),
  size: setting.integer('ACME_PAGE_SIZE', { help: 'records a page', min: 1, max: 1000, default: '100' }),
};

test('settings are read from their variables, with the declared defaults', () => {
  const resolved = resolveSettings('acme', shape, { ACME_URL: 'https://api.acme.test/', ACME_TOKEN: 'secret' });
  expect(resolved).toEqual({ url: 'https://api.acme.test', token: 'secret', size: 100 });
});

test('one error names every missing or malformed variable, and shows no secret value', () => {
  const attempt = () => resolveSettings('acme', shape, { ACME_URL: 'ftp://user:pw@host', ACME_PAGE_SIZE: '0' });
  expect(attempt).toThrow(/ACME_URL.*ACME_TOKEN is not set.*ACME_PAGE_SIZE/);
  expect(attempt).not.toThrow(/pw@/);
});
