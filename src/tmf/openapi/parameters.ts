import { EXACT_COUNT_MAX } from '../page.ts'
import { COUNT, TEXT } from './json-schema.ts'

const CONDITIONS = `Conditions on attributes, each a parameter of its own. A dot leads into nested attributes
(\`validFor.startDateTime\`), on a list it means that some element matches.

| condition | suffix | sign, as it stands in a URL |
| --- | --- | --- |
| equal | \`name=x\`, \`name.eq=x\` | \`name%3D%3Dx\` |
| not equal, or missing | \`name.ne=x\` | \`name%21%3Dx\` |
| greater | \`date.gt=2026-01-15\` | \`date%3E2026-01-15\` |
| greater or equal | \`date.gte=2026-01-15\` | \`date%3E%3D2026-01-15\` |
| less | \`date.lt=2026-01-15\` | \`date%3C2026-01-15\` |
| less or equal | \`date.lte=2026-01-15\` | \`date%3C%3D2026-01-15\` |
| matches a regular expression in part | \`name.regex=^a\` | \`name*=^a\`, \`name%3D~^a\` |

\`&\` joins conditions by AND, and \`;\`, which binds weaker, by OR: \`a=1&b=2;c=3\`. Several values of one attribute
are alternatives: \`state=x,y\` or \`state=x&state=y\`. A date without a time is that day in UTC. An attribute that does
not exist, an operator it does not have and a value of a wrong type are a 400.`

const FILTER = `Conditions as JSONPath, which can ask several things of one element of a list:
\`$[?(@.relatedParty[?(@.id=='42' && @.role=='payer')])]\`. Several \`filter\` are alternatives; with other conditions
they are joined by AND. What is valid JSONPath but not supported is a 501.`

function query(name: string, description: string, schema: object = TEXT) {
  return { name, in: 'query', description, schema }
}

function header(name: string, description: string, schema: object = TEXT) {
  return { name, in: 'header', description, schema }
}

export const PARAMETERS = {
  Id: { name: 'id', in: 'path', required: true, description: 'Identifier of the resource', schema: TEXT },
  Fields: query(
    'fields',
    `Attributes to return, separated by commas; \`a.b\` is an attribute within another. id and href are
always there, with \`none\` nothing else. Names that do not exist are left aside.`
  ),
  Conditions: {
    name: 'conditions',
    in: 'query',
    description: CONDITIONS,
    style: 'form',
    explode: true,
    // Commas between values must reach the server as they are.
    allowReserved: true,
    // Without an example, Swagger UI would invent attributes and filter by them.
    schema: { type: 'object', additionalProperties: TEXT, examples: [{}] }
  },
  Filter: query('filter', FILTER),
  Sort: query(
    'sort',
    `Attributes to sort by, separated by commas, each descending with a \`-\` before it: \`-date,name\`.
Resources without the attribute come last. Without \`sort\`, and among equals, the order is by id;
ids made by the server follow the order of creation.`
  ),
  Offset: query('offset', 'Number of matches to skip, 0 by default. For reading many pages, `after` is faster.', COUNT),
  Limit: query('limit', 'Most matches to return, at most 1000.', { ...COUNT, default: 100 }),
  After: query('after', 'The place to continue, from the `next` link of a page. It excludes `offset`.'),
  Prefer: header('Prefer', `With \`count=exact\`, \`X-Total-Count\` is exact also above ${EXACT_COUNT_MAX} matches.`, {
    ...TEXT,
    enum: ['count=exact']
  }),
  PreferResults: header(
    'Prefer',
    `With \`return=representation\` the response has the result of each row, and good rows are stored; with
\`handling=strict\` besides, all rows or none.`,
    { ...TEXT, enum: ['return=representation', 'return=representation, handling=strict'] }
  ),
  IfMatch: header(
    'If-Match',
    'The `ETag` that the resource must still have; else nothing changes, and the response is 412.'
  ),
  IfNoneMatch: header(
    'If-None-Match',
    'The `ETag` of the copy at the client; while it is current, the response is 304.'
  ),
  IdempotencyKey: header(
    'Idempotency-Key',
    `A key that the client makes up for this request. A repetition within 24 hours gets the first answer
again, and nothing is created twice.`,
    { ...TEXT, pattern: '^[!-~]{1,255}$' }
  ),
  Atomic: query(
    'atomic',
    'For many documents: `true` stores all of them, at most 100,000, or none. A single one needs no such parameter.',
    { type: 'boolean', default: false }
  ),
  ProxyAccountNumber: header(
    'proxy_accountNumber',
    `The account number of the channel partner that a provider acts as: it then sees and changes only
that partner's resources, and creates resources for the partner. \`proxy-accountNumber\` is the same, for proxies
that drop names with an underscore.`
  ),
  RequestId: header(
    'X-Request-Id',
    'Identifier of the request; the answer and the log repeat it. Any other form is replaced by a new one.',
    { ...TEXT, pattern: '^[\\w.-]{1,64}$' }
  )
} as const
