#!/usr/bin/env node
// Checks the packages and images that Rollcall uses. `licences` checks licences, `audit` queries npm for known vulnerabilities,
// `sbom FILE` writes a CycloneDX file. `images` prints the digest of each image or checks a pinned one, if Docker is installed.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const read = (path) => readFileSync(at(path), 'utf8');

const ALLOWED = new Set(
  '0BSD Apache-2.0 BSD-2-Clause BSD-3-Clause BlueOak-1.0.0 CC-BY-4.0 CC0-1.0 ISC MIT MPL-2.0 Unlicense'.split(' '),
);
// The package.json of these packages has no licence identifier; a person has read their licence files.
const READ = { 'dejavu-fonts-ttf': 'Bitstream Vera, with changes in the public domain', unionfs: 'Unlicense' };

const allowed = (licence) =>
  licence
    .replace(/[()]/g, '')
    .split(' OR ')
    .some((way) => way.split(' AND ').every((one) => ALLOWED.has(one)));

function licences() {
  const packages = Object.entries(JSON.parse(read('package-lock.json')).packages).filter(([path]) => path !== '');
  const bad = packages.flatMap(([path, { license = 'none' }]) => {
    const name = path.split('node_modules/').at(-1);
    return allowed(license) || name in READ ? [] : [`${name}: ${license}`];
  });
  if (bad.length === 0) return console.log(`Licences: ${packages.length} packages, all allowed`);
  console.error(`Licences that are not on the list of scripts/supply-chain.mjs:\n${bad.join('\n')}`);
  return process.exit(1);
}

const npm = (...args) => spawnSync('npm', args, { cwd: at(''), encoding: 'utf8', maxBuffer: 1 << 28 });

function audit() {
  const { stdout } = npm('audit', '--json', '--omit=dev');
  let report;
  try {
    report = JSON.parse(stdout);
  } catch {
    report = {};
  }
  const counts = report.metadata?.vulnerabilities;
  // A mirror without this service, or no network. Missing advisories are not a finding.
  if (!counts) return console.log('Audit: skipped, the registry gives no advisories here');
  console.log(
    `Audit: ${counts.critical} critical, ${counts.high} high, ${counts.moderate} moderate, ${counts.low} low`,
  );
  for (const { name, severity, range } of Object.values(report.vulnerabilities ?? {}))
    console.log(`  ${severity}: ${name} ${range}`);
  return process.exit(counts.critical + counts.high > 0 ? 1 : 0);
}

function sbom(file) {
  const { status, stdout, stderr } = npm('sbom', '--sbom-format=cyclonedx', '--omit=dev', '--package-lock-only');
  if (status !== 0) {
    console.error(stderr);
    process.exit(1);
  }
  writeFileSync(file, stdout);
  console.log(`SBOM: ${JSON.parse(stdout).components.length} components in ${file}`);
}

/** Every image that is pulled: the images of Compose and the base images of the Dockerfile. Rollcall's own is in no registry. */
const pulled = () =>
  [...read('docker-compose.yml').matchAll(/^\s+image: (\S+)/gm), ...read('Dockerfile').matchAll(/^FROM (\S+)/gm)]
    .map(([, image]) => image)
    .filter((image, index, all) => all.indexOf(image) === index);

function images() {
  let failed = false;
  for (const image of pulled()) {
    const [name, pinned] = image.split('@');
    const asked = spawnSync('docker', ['buildx', 'imagetools', 'inspect', '--format', '{{.Manifest.Digest}}', name], {
      encoding: 'utf8',
    });
    const digest = asked.stdout?.trim() ?? '';
    if (asked.status !== 0 || !/^sha256:[0-9a-f]{64}$/.test(digest)) {
      console.log(`${image}: not looked up, there is no Docker or no registry here`);
    } else if (pinned === undefined) {
      console.log(`${image}: not pinned; today it is ${name}@${digest}`);
    } else if (pinned === digest) {
      console.log(`${image}: as pinned`);
    } else {
      console.error(`${name}: pinned as ${pinned}, but its registry now has ${digest}`);
      failed = true;
    }
  }
  if (failed) process.exit(1);
}

const [command, file = 'sbom.cdx.json'] = process.argv.slice(2);
const commands = { licences, audit, images, sbom: () => sbom(file) };
if (command in commands) commands[command]();
else {
  console.error('node scripts/supply-chain.mjs licences | audit | images | sbom [FILE]');
  process.exit(2);
}
