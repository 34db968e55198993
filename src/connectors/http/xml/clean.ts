/** Matches CDATA (which contains no references), character references, and an `&` that begins no reference. */
const REFERENCE = /<!\[CDATA\[[\s\S]*?\]\]>|&#(?:x([0-9a-fA-F]+)|([0-9]+));|&(?![A-Za-z_:][\w.:-]*;)/g;
/** Characters that XML 1.0 forbids in any form. */
// oxlint-disable-next-line no-control-regex -- these are meant
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

function isAllowed(code: number): boolean {
  if (code === 0x9 || code === 0xa || code === 0xd) return true;
  return (
    (code >= 0x20 && code <= 0xd7ff) || (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code <= 0x10ffff)
  );
}

/** Removes characters that XML forbids, also those written as references (`&#0;`), and escapes a bare `&`. */
export function cleaned(xml: string): string {
  return xml.replace(FORBIDDEN, '').replace(REFERENCE, (found, hex?: string, decimal?: string) => {
    if (found === '&') return '&amp;';
    if (hex === undefined && decimal === undefined) return found;
    return isAllowed(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)) ? found : '';
  });
}
