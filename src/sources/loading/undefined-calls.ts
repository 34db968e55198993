import type { parseSync } from '@swc/core';
import { nearest } from './nearest.js';

/** Any node of swc's syntax tree, identified by its type. */
type Node = Record<string, unknown> & { type?: string };

interface Called {
  name: string;
  /** Byte offset in the file. */
  at: number;
}

/**
 * Finds the first call of a function that neither the file nor Node declares, or that is imported from a module without that
 * export. Returns a message with the line. `exportsOf` returns a module's exports, if known. Scopes are ignored, so a correct
 * file is never rejected.
 */
export function undefinedCall(
  text: string,
  typescript: boolean,
  exportsOf: (specifier: string) => object | undefined,
): string | undefined {
  const { parseSync: parse } = require('@swc/core') as { parseSync: typeof parseSync };
  // swc counts positions from the first token. The added `;` is that token, so positions start at the beginning of the
  // file.
  const tree = parse(`;${text}`, { syntax: typescript ? 'typescript' : 'ecmascript', target: 'es2022' });
  const start = tree.span.start + 1;
  const declared = new Set<string>();
  const imported = new Map<string, { name: string; from: string }>();
  const called: Called[] = [];
  visit(tree, (node) => {
    for (const pattern of patternsOf(node)) bind(pattern, declared);
    if (node.type === 'ImportDeclaration') for (const [local, what] of importsOf(node)) imported.set(local, what);
    const callee =
      node.type === 'CallExpression' || node.type === 'NewExpression' ? (node['callee'] as Node) : undefined;
    if (callee?.type === 'Identifier')
      called.push({ name: String(callee['value']), at: (callee['span'] as { start: number }).start - start });
  });
  for (const { name, at } of called) {
    const known = imported.get(name);
    const fault = known
      ? missing(known, exportsOf)
      : declared.has(name) || name in globalThis || LOCAL.has(name)
        ? undefined
        : `${name} is not defined`;
    if (fault === undefined) continue;
    const near = known ? undefined : nearest(name, [...declared, ...imported.keys()]);
    return `${fault}${near === undefined ? '' : `, did you mean ${near}`} (line ${lineOf(text, at)})`;
  }
  return undefined;
}

/** Names that a module can use in addition to the globals. */
const LOCAL = new Set(['require']);

function missing({ name, from }: { name: string; from: string }, exportsOf: (specifier: string) => object | undefined) {
  const exported = exportsOf(from);
  if (!exported || name in exported) return undefined;
  const near = nearest(name, Object.keys(exported));
  return `${name} is not in ${from}${near === undefined ? '' : `, did you mean ${near}`}`;
}

function lineOf(text: string, at: number): number {
  return Buffer.from(text).subarray(0, at).toString().split('\n').length;
}

function visit(node: unknown, inspect: (node: Node) => void): void {
  if (Array.isArray(node)) for (const each of node) visit(each, inspect);
  else if (typeof node === 'object' && node !== null) {
    inspect(node as Node);
    for (const value of Object.values(node)) visit(value, inspect);
  }
}

/** Patterns in which a node declares names. */
function patternsOf(node: Node): unknown[] {
  switch (node.type) {
    case 'VariableDeclarator':
    case 'TsEnumDeclaration':
    case 'TsModuleDeclaration':
    case 'TsImportEqualsDeclaration':
      return [node['id']];
    case 'CatchClause':
      return [node['param']];
    case 'Parameter':
      return [node['pat']];
    case 'ArrowFunctionExpression':
      return node['params'] as unknown[];
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ClassDeclaration':
    case 'ClassExpression':
      return [node['identifier']];
    case 'ImportSpecifier':
    case 'ImportDefaultSpecifier':
    case 'ImportNamespaceSpecifier':
      return [node['local']];
    default:
      return [];
  }
}

/** Adds the names of a pattern: `a`, `{ a, b: c = 1 }`, `[d, ...e]`. */
function bind(pattern: unknown, names: Set<string>): void {
  const node = pattern as Node | null | undefined;
  if (!node) return;
  if (node.type === 'Identifier') names.add(String(node['value']));
  else if (node.type === 'AssignmentPatternProperty') bind(node['key'], names);
  else
    for (const inner of ['elements', 'properties', 'left', 'argument', 'value', 'pat'].map((key) => node[key]))
      if (Array.isArray(inner)) for (const each of inner) bind(each, names);
      else if (typeof inner === 'object') bind(inner, names);
}

function importsOf(node: Node): [string, { name: string; from: string }][] {
  const from = String((node['source'] as Node)['value']);
  return (node['specifiers'] as Node[])
    .filter(({ type }) => type === 'ImportSpecifier')
    .map(({ local, imported }) => {
      const own = String((local as Node)['value']);
      return [own, { name: imported ? String((imported as Node)['value']) : own, from }];
    });
}
