import { CLIENT_ID, CLIENT_SECRET, DEMO_TOKEN, QUALYS_PASSWORD, QUALYS_USER } from '../../simulator/credentials.js';
import type { Fault } from '../../simulator/faults/fault.js';

/** Minimal clients of the protocols, so that the tests get the same responses as any client. */

export type Row = Record<string, unknown>;

export async function demo(
  url: string,
  vendor: string,
  skip: number,
  limit: number,
  token = DEMO_TOKEN,
): Promise<Response> {
  return fetch(`${url}/api/${vendor}/hosts/get?skip=${skip}&limit=${limit}`, { method: 'POST', headers: { token } });
}

export async function demoPage(url: string, vendor: string, skip: number, limit: number): Promise<Row[]> {
  const response = await demo(url, vendor, skip, limit);
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  return (await response.json()) as Row[];
}

export interface QpsOptions {
  limit?: number;
  after?: string;
  format?: 'json' | 'xml';
  password?: string;
  criteria?: { field: string; operator: string; value: string }[];
}

export function qps(
  url: string,
  { limit = 100, after = '0', format = 'json', password = QUALYS_PASSWORD, criteria = [] }: QpsOptions = {},
): Promise<Response> {
  const all = [{ field: 'id', operator: 'GREATER', value: after }, ...criteria];
  const headers = {
    accept: `application/${format}`,
    'content-type': `application/${format}`,
    'x-requested-with': 'test',
    authorization: `Basic ${Buffer.from(`${QUALYS_USER}:${password}`).toString('base64')}`,
  };
  const xml = `<ServiceRequest><preferences><limitResults>${limit}</limitResults></preferences><filters>${all
    .map(({ field, operator, value }) => `<Criteria field="${field}" operator="${operator}">${value}</Criteria>`)
    .join('')}</filters></ServiceRequest>`;
  const json = JSON.stringify({ ServiceRequest: { preferences: { limitResults: limit }, filters: { Criteria: all } } });
  return fetch(`${url}/qps/rest/2.0/search/am/hostasset`, {
    method: 'POST',
    headers,
    body: format === 'json' ? json : xml,
  });
}

export interface ServiceResponse {
  responseCode: string;
  count?: number;
  hasMoreRecords?: string;
  lastId?: number;
  data?: { HostAsset: Row }[];
}

export async function qpsPage(url: string, options: QpsOptions = {}): Promise<ServiceResponse> {
  const body = (await (await qps(url, options)).json()) as { ServiceResponse: ServiceResponse };
  return body.ServiceResponse;
}

export async function bearer(url: string, secret = CLIENT_SECRET): Promise<string> {
  const body = new URLSearchParams({ client_id: CLIENT_ID, client_secret: secret });
  const response = await fetch(`${url}/oauth2/token`, { method: 'POST', body });
  return ((await response.json()) as { access_token: string }).access_token;
}

export function devices(url: string, token: string, query: Record<string, string> = {}): Promise<Response> {
  const parameters = new URLSearchParams(query).toString();
  const headers = { authorization: `Bearer ${token}` };
  return fetch(`${url}/devices/combined/devices/v1?${parameters}`, { headers, redirect: 'manual' });
}

export interface Devices {
  meta: { pagination: { total: number; next?: string } };
  resources: Row[] | null;
  errors: { code: number; message: string }[];
}

export async function devicePage(url: string, token: string, query: Record<string, string> = {}): Promise<Devices> {
  return (await (await devices(url, token, query)).json()) as Devices;
}

export async function setFaults(url: string, ...faults: Fault[]): Promise<void> {
  const response = await fetch(`${url}/_control/faults`, { method: 'POST', body: JSON.stringify(faults) });
  if (!response.ok) throw new Error(await response.text());
}

export async function control<T>(url: string, method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(`${url}/_control/${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return (await response.json()) as T;
}

/** Returns the error of a request whose body does not arrive completely, and `whole` otherwise. */
export async function bodyError(response: Promise<Response>): Promise<string> {
  try {
    await (await response).text();
    return 'whole';
  } catch (error) {
    return (error as Error).message;
  }
}
