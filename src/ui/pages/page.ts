import type { Context } from 'hono';
import { html } from 'hono/html';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Html } from '../format.js';

interface Page {
  title: string;
  body: Html;
  /** The active entry of the navigation. */
  at?: string;
  /** Leaves out the navigation, because the visitor may not open any other page. */
  bare?: boolean;
}

/** Values of the request's context. */
export interface Variables {
  /** Whether there is a session to log out of. */
  signedIn: boolean;
  /** The Content-Security-Policy of this response, if it differs from the default. */
  policy: string;
}

const NAVIGATION = [
  ['/', 'Hosts'],
  ['/runs', 'Runs'],
  ['/quarantine', 'Quarantine'],
  ['/reports', 'Reports'],
] as const;

/** Responds with a complete page. */
export async function page(
  c: Context,
  { title, body, at, bare }: Page,
  status: ContentfulStatusCode = 200,
): Promise<Response> {
  const entry = ([path, name]: (typeof NAVIGATION)[number]) =>
    html`<li><a href="${path}" ${at === path ? html`aria-current="page"` : ''}>${name}</a></li>`;
  const signedIn = (c as Context<{ Variables: Variables }>).get('signedIn');
  const text = await html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · Rollcall</title>
        <link rel="icon" href="/assets/icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/assets/style.css" />
        <script src="/assets/search.js" defer></script>
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header class="top">
          <div class="wide">
            <a class="mark" href="/"><img src="/assets/icon.svg" alt="" width="22" height="22" />Rollcall</a>
            ${
              bare
                ? ''
                : html`<nav aria-label="Pages">
                    <ul>
                      ${NAVIGATION.map(entry)}
                    </ul>
                  </nav>`
            }
            ${
              signedIn && !bare
                ? html`<form method="post" action="/logout"><button class="quiet">Log out</button></form>`
                : ''
            }
          </div>
        </header>
        <main id="main" class="wide" tabindex="-1">${body}</main>
      </body>
    </html>`;
  return c.html(withoutInvisible(text), status);
}

/** Responds with a part of a page. */
export async function fragment(c: Context, body: Html): Promise<Response> {
  return c.html(withoutInvisible(await body));
}

/**
 * Replaces invisible characters that change the text: control characters, and characters that change the direction of the text
 * after them. Such characters come from records, because Rollcall's own texts have none.
 */
function withoutInvisible(text: { toString(): string }): string {
  return text.toString().replace(/(?![\n\r\t])\p{Cc}|\p{Bidi_Control}/gu, '\ufffd');
}
