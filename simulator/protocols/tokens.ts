import { randomBytes } from 'node:crypto';
import { json, type SimulatedResponse, type Received } from '../response.js';
import { crowdstrikeError } from '../faults/error-responses.js';

/** The bearer tokens that CrowdStrike's token endpoint has issued. */
export class Tokens {
  private readonly expiries = new Map<string, number>();

  /** `lifetime`: the seconds for which new tokens are valid. */
  constructor(public lifetime = 1799) {}

  issue(): string {
    const token = randomBytes(24).toString('base64url');
    const now = Date.now();
    for (const [old, expiry] of this.expiries) if (expiry < now) this.expiries.delete(old);
    this.expiries.set(token, now + this.lifetime * 1000);
    return token;
  }

  valid(token: string): boolean {
    return (this.expiries.get(token) ?? 0) > Date.now();
  }

  expireAll(): void {
    this.expiries.clear();
  }
}

/** `POST /oauth2/token`: responds 201 on success, 400 to a wrong id and 403 to a wrong secret. */
export function respondToken(
  received: Received,
  tokens: Tokens,
  client: { id: string; secret: string },
): SimulatedResponse {
  const form = new URLSearchParams(received.body);
  const id = form.get('client_id') ?? '';
  if (id !== client.id) return crowdstrikeError(400, `Failed to generate access token for clientID=${id}`);
  if (form.get('client_secret') !== client.secret)
    return crowdstrikeError(403, 'Failed to issue access token - Not Authorized');
  const headers = { 'x-ratelimit-limit': '300', 'x-ratelimit-remaining': '299' };
  return json(201, { access_token: tokens.issue(), token_type: 'bearer', expires_in: tokens.lifetime }, headers);
}
