export interface Criterion {
  field: string;
  operator: string;
  value: string;
}

/** A search request, parsed from XML or JSON. */
export interface QpsRequest {
  limit: number;
  /** 1-based. */
  startFromOffset?: number;
  startFromId?: string;
  criteria: Criterion[];
}

const ENTITIES: Record<string, string> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&apos;': "'", '&amp;': '&' };

function unescape(text: string): string {
  return text.replace(/&(?:lt|gt|quot|apos|amp);/g, (entity) => ENTITIES[entity] as string).trim();
}

function fromXml(body: string): QpsRequest {
  const element = (name: string): string | undefined =>
    new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1]?.trim();
  const criteria = [...body.matchAll(/<Criteria\s+([^>]*)>([^<]*)<\/Criteria>/g)].map(
    ([, attributes = '', value = '']) => {
      const attribute = (name: string): string =>
        new RegExp(`${name}\\s*=\\s*["']([^"']*)["']`).exec(attributes)?.[1] ?? '';
      return { field: attribute('field'), operator: attribute('operator'), value: unescape(value) };
    },
  );
  return build(element('limitResults'), element('startFromOffset'), element('startFromId'), criteria);
}

function fromJson(body: string): QpsRequest {
  const request = (JSON.parse(body) as { ServiceRequest?: Record<string, unknown> }).ServiceRequest ?? {};
  const preferences = (request['preferences'] ?? {}) as Record<string, string | number | undefined>;
  const listed = ((request['filters'] ?? {}) as Record<string, unknown>)['Criteria'] ?? [];
  const criteria = (Array.isArray(listed) ? listed : [listed]) as Record<string, string | number>[];
  return build(
    preferences['limitResults'],
    preferences['startFromOffset'],
    preferences['startFromId'],
    criteria.map(({ field, operator, value }) => ({
      field: String(field),
      operator: String(operator),
      value: String(value),
    })),
  );
}

type Raw = string | number | undefined;

function build(limit: Raw, offset: Raw, id: Raw, criteria: Criterion[]): QpsRequest {
  return {
    limit: limit === undefined ? 100 : Number(limit),
    ...(offset === undefined ? {} : { startFromOffset: Number(offset) }),
    ...(id === undefined ? {} : { startFromId: String(id) }),
    criteria,
  };
}

/** Throws on invalid JSON. An empty body requests the first hundred records. */
export function parseQpsRequest(body: string): QpsRequest {
  if (body.trim() === '') return build(undefined, undefined, undefined, []);
  return body.trimStart().startsWith('<') ? fromXml(body) : fromJson(body);
}
