import { createHash, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Context } from 'hono';
import { deleteCookie, getSignedCookie, setSignedCookie } from 'hono/cookie';

const COOKIE = 'rollcall';
const HOURS = 12;
/** Maximum number of open sessions. If there are more, the oldest are closed. */
const MOST_SESSIONS = 10_000;

/** Checks the token, and the session cookies that it was exchanged for. */
export class Sessions {
  private readonly digest: Buffer;
  /** Derived from the token, so that cookies of another token are invalid. */
  private readonly key: string;
  /** Expiry times of the open sessions, by cookie value: a restart closes all sessions, and a logout closes one. */
  private readonly opened = new Map<string, number>();

  constructor(token: string) {
    this.digest = sha256(token);
    this.key = Buffer.from(hkdfSync('sha256', token, '', 'rollcall ui session', 32)).toString('base64');
  }

  /** Compares in constant time, whatever the length. */
  isToken(given: string): boolean {
    return timingSafeEqual(sha256(given), this.digest);
  }

  async isOpen(c: Context): Promise<boolean> {
    const session = await getSignedCookie(c, this.key, COOKIE);
    return typeof session === 'string' && (this.opened.get(session) ?? 0) > Date.now();
  }

  async open(c: Context): Promise<void> {
    const until = Date.now() + HOURS * 3_600_000;
    const session = `${until}.${randomBytes(16).toString('hex')}`;
    this.opened.set(session, until);
    this.removeOld();
    await setSignedCookie(c, COOKIE, session, this.key, {
      httpOnly: true,
      sameSite: 'Strict',
      path: '/',
      maxAge: HOURS * 3_600,
      // Rollcall itself serves plain HTTP; a proxy in front of it may use TLS.
      secure: c.req.header('x-forwarded-proto') === 'https',
    });
  }

  async end(c: Context): Promise<void> {
    const session = await getSignedCookie(c, this.key, COOKIE);
    if (typeof session === 'string') this.opened.delete(session);
    deleteCookie(c, COOKIE, { path: '/' });
  }

  // The map has the sessions in the order in which they expire, because all of them last equally long.
  private removeOld(): void {
    for (const [session, until] of this.opened) {
      if (until > Date.now() && this.opened.size <= MOST_SESSIONS) return;
      this.opened.delete(session);
    }
  }
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();
