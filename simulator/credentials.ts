/** The default credentials of the simulator. They give access to nothing else. */
export interface Credentials {
  demoToken: string;
  qualysUser: string;
  qualysPassword: string;
  clientId: string;
  clientSecret: string;
}

export const DEMO_TOKEN = 'demo-token';
export const QUALYS_USER = 'rollcall';
export const QUALYS_PASSWORD = 'qualys-demo-password';
export const CLIENT_ID = 'demo-client';
export const CLIENT_SECRET = 'demo-secret';

export const DEFAULT_CREDENTIALS: Credentials = {
  demoToken: DEMO_TOKEN,
  qualysUser: QUALYS_USER,
  qualysPassword: QUALYS_PASSWORD,
  clientId: CLIENT_ID,
  clientSecret: CLIENT_SECRET,
};
