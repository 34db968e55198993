import { THEMES } from './palette.js';

const RULES = `
:root{color-scheme:light dark;${THEMES.light};--page:#f3f5f8;--line:#dde3ea;--link:#1a5f9c;--shadow:0 1px 2px rgba(20,35,55,.06),0 2px 10px rgba(20,35,55,.04)}
@media screen and (prefers-color-scheme:dark){:root{${THEMES.dark};--page:#0e131a;--line:#283140;--link:#7cbcf2;--shadow:none}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","DejaVu Sans",Arial,sans-serif}
header,main,footer{max-width:1440px;margin:0 auto;padding:0 24px}
header{padding-top:28px;display:flex;flex-wrap:wrap;gap:12px 32px;justify-content:space-between;align-items:flex-end}
h1,h2,h3,p{margin:0}
h1{font-size:28px;line-height:1.2;letter-spacing:-.01em}
.brand{font-size:12px;font-weight:600;letter-spacing:.09em;text-transform:uppercase;color:var(--muted)}
.when,.question,.note,footer{color:var(--muted)}
.when{font-variant-numeric:tabular-nums}
a{color:var(--link)}
nav{display:flex;flex-wrap:wrap;gap:2px;margin:0 -10px}
nav a{padding:5px 10px;border-radius:6px;text-decoration:none;font-size:14px}
nav a:hover{background:var(--line)}
:focus-visible{outline:2px solid var(--blue);outline-offset:2px}
.skip{position:absolute;left:-999px}
.skip:focus{left:12px;top:12px;background:var(--card);padding:8px 12px;border-radius:6px}
.headlines{list-style:none;margin:22px 0 0;padding:0;display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px}
.headlines li{background:var(--card);border:1px solid var(--line);border-top:3px solid var(--blue);border-radius:9px;box-shadow:var(--shadow)}
.headlines li.alert{border-top-color:var(--orange)}
.headlines a{display:block;padding:12px 16px 13px;color:inherit;text-decoration:none;height:100%}
.headlines .label{display:block;font-size:13px;color:var(--muted)}
.headlines strong{display:block;font-size:27px;line-height:1.25;font-weight:650;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
.headlines .note{font-size:12.5px}
section{margin-top:34px;scroll-margin-top:12px}
h2{font-size:19px;margin-bottom:12px;letter-spacing:-.005em}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,390px),1fr));gap:16px}
@media (min-width:1000px){.grid.four{grid-template-columns:1fr 1fr}}
article,.list{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:16px 18px 10px;box-shadow:var(--shadow);min-width:0;scroll-margin-top:12px}
article{display:flex;flex-direction:column}
h3{font-size:16px}
.question{font-size:13.5px;line-height:1.4;margin-top:3px}
figure{margin:14px 0 12px}
figcaption{padding-top:10px}
article>details:nth-last-of-type(2),article.empty>details{margin-top:auto}
figure svg{display:block;width:100%;height:auto;max-width:480px;overflow:visible}
figcaption{font-size:13.5px}
.nothing{margin:20px 0 16px;color:var(--muted);font-style:italic}
.unused{color:var(--muted)}
details{border-top:1px solid var(--line);font-size:13.5px}
summary{cursor:pointer;padding:7px 0;color:var(--link);border-radius:4px}
details[open]{padding-bottom:8px}
.list{margin-top:12px;padding:4px 18px 6px}
.list>summary{font-size:15px;font-weight:600;color:var(--ink);padding:9px 0}
.scroll{overflow-x:auto;max-height:420px;overflow-y:auto;border-radius:6px}
table{border-collapse:collapse;width:100%;font-size:13px}
th,td{text-align:left;padding:4px 12px 4px 0;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere;min-width:4.2em}
th{font-weight:600;color:var(--muted);overflow-wrap:normal}
.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.list td{min-width:7em}
.files{margin-top:6px}
.of{color:var(--muted);font-size:12.5px;margin-top:4px}
pre{margin:2px 0 8px;padding:9px 11px;background:var(--page);border:1px solid var(--line);border-radius:6px;overflow-x:auto;max-height:220px;white-space:pre-wrap;overflow-wrap:anywhere;font:12px/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
footer{margin-top:36px;padding-bottom:36px;font-size:13px}
@media (max-width:560px){header,main,footer{padding-left:10px;padding-right:10px}header{padding-top:16px}.headlines{grid-template-columns:1fr 1fr;gap:8px}.headlines a{padding:10px 12px}.headlines strong{font-size:23px}article,.list{padding-left:12px;padding-right:12px}section{margin-top:26px}}
@media print{@page{margin:14mm}:root{color-scheme:light;--page:#fff;--shadow:none}body{font-size:11pt}header,main,footer{max-width:none;padding-left:0;padding-right:0}nav,.skip,details{display:none}.grid,.grid.four{grid-template-columns:1fr 1fr;gap:10px}.headlines{grid-template-columns:repeat(7,1fr);gap:6px}.headlines a{padding:7px 8px}.headlines strong{font-size:15pt}.headlines .label,.headlines .note{font-size:8pt}article,.headlines li{break-inside:avoid;print-color-adjust:exact;-webkit-print-color-adjust:exact}h2{break-after:avoid}.question,figcaption{font-size:9pt}h3{font-size:11pt}}
`;

/** The style of the page in one line; the page's policy contains its hash. */
export const STYLE = RULES.trim().replaceAll('\n', '');
