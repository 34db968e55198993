/** Addresses inside the page. */
export const hostHref = (id: string): string => `/hosts/${encodeURIComponent(id)}`;
export const runHref = (id: string): string => `/runs/${encodeURIComponent(id)}`;
export const searchHref = (text: string): string => `/?q=${encodeURIComponent(text)}`;
