import { createHash, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { Context } from 'hono';
import { deleteCookie, getSignedCookie, setSignedCookie } from 'hono/cookie';

const COOKIE = 'rollcall';
const HOURS = 12;

/** What a token opens: the token itself as a bearer, or a cookie that it was exchanged for. */
export class Sessions {
  private readonly digest: Buffer;
  /** From the token: another token ends all sessions, a restart of the server none. */
  private readonly key: string;

  constructor(token: string) {
    this.digest = sha256(token);
    this.key = Buffer.from(hkdfSync('sha256', token, '', 'rollcall ui session', 32)).toString('base64');
  }

  /** In constant time, whatever the length. */
  isToken(given: string): boolean {
    return timingSafeEqual(sha256(given), this.digest);
  }

  async isOpen(c: Context): Promise<boolean> {
    const until = await getSignedCookie(c, this.key, COOKIE);
    return typeof until === 'string' && Number(until) > Date.now();
  }

  async open(c: Context): Promise<void> {
    await setSignedCookie(c, COOKIE, String(Date.now() + HOURS * 3_600_000), this.key, {
      httpOnly: true,
      sameSite: 'Strict',
      path: '/',
      maxAge: HOURS * 3_600,
      // Rollcall itself speaks plain HTTP; in front of it somebody else may speak TLS.
      secure: c.req.header('x-forwarded-proto') === 'https',
    });
  }

  end(c: Context): void {
    deleteCookie(c, COOKIE, { path: '/' });
  }
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();
