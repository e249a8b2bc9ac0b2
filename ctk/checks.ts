import type { Check } from './postman.ts'

/** How often a script repeats a request until its outcome, and its wait in between. */
interface Limits {
  readonly times: number
  readonly waitMs: number
}

/** Half a minute, plus the responses. */
const LIMITS: Limits = { times: 300, waitMs: 100 }

/** One named assertion; the lines may use `body`, the parsed response. A response that is not JSON fails it. */
export function expectBody(title: string, ...lines: readonly string[]): Check {
  return expectThat(title, 'const body = pm.response.json()', ...lines)
}

export function expectThat(title: string, ...lines: readonly string[]): Check {
  return [`pm.test(${quote(title)}, () => {`, ...lines.map((line) => `  ${line}`), '})']
}

export function status(code: number): Check {
  return expectThat(`Status code is ${code}`, `pm.response.to.have.status(${code})`)
}

export function header(name: string, value: string | number): Check {
  return expectThat(`${name} is ${value}`, `pm.expect(${headerOf(name)}).to.equal(${quote(String(value))})`)
}

export function headerLike(name: string, pattern: RegExp): Check {
  return expectThat(`${name} is like ${pattern.source}`, `pm.expect(${headerOf(name)}).to.match(${pattern})`)
}

export function headerAbsent(name: string): Check {
  return expectThat(`There is no ${name}`, `pm.expect(pm.response.headers.has(${quote(name)})).to.equal(false)`)
}

/** A member of the response, by a JavaScript path, equals a value. */
export function member(path: string, value: unknown): Check {
  const expected = JSON.stringify(value)
  const source = path.startsWith('@') ? `body[${quote(path)}]` : `body.${path}`
  return expectBody(`${path} is ${expected}`, `pm.expect(${source}).to.eql(${expected})`)
}

/** The response text contains `part` character by character, such as digits that parsing would drop. */
export function textHolds(part: string): Check {
  return expectThat(`The body holds ${part}`, `pm.expect(pm.response.text()).to.include(${quote(part)})`)
}

/** The response has exactly these members, in any order. */
export function exactKeys(...keys: readonly string[]): Check {
  return expectBody(
    `Has exactly the attributes ${keys.join(', ')}`,
    `pm.expect(Object.keys(body)).to.have.members(${JSON.stringify(keys)})`
  )
}

/** The response is a non-empty list, and every element has exactly these members. */
export function exactKeysOfEach(...keys: readonly string[]): Check {
  return expectBody(
    `Every element has exactly the attributes ${keys.join(', ')}`,
    "pm.expect(body).to.be.an('array').that.is.not.empty",
    `body.forEach((element) => pm.expect(Object.keys(element)).to.have.members(${JSON.stringify(keys)}))`
  )
}

/** The elements of a list have these values of an attribute, in this order. */
export function values(attribute: string, expected: readonly unknown[]): Check {
  const list = JSON.stringify(expected)
  return expectBody(
    `The list is ${list} by ${attribute}`,
    `pm.expect(body.map((element) => element.${attribute})).to.eql(${list})`
  )
}

/** The response is a TMF Error: status, code, reason, a message that mentions these texts, the id of the request. */
export function error(code: number, tmfCode: string, ...mentions: readonly string[]): Check {
  return [
    ...status(code),
    ...expectThat('The error is JSON', `pm.expect(${headerOf('Content-Type')}).to.match(/^application\\/json/)`),
    ...member('code', tmfCode),
    ...member('status', String(code)),
    ...expectBody('The error has a reason', "pm.expect(body.reason).to.be.a('string').that.is.not.empty"),
    ...expectBody('The error has a message', "pm.expect(body.message).to.be.a('string').that.is.not.empty"),
    ...expectBody(
      'X-Request-Id is the request id of the error',
      `pm.expect(${headerOf('X-Request-Id')}).to.be.a('string').that.is.not.empty`,
      `pm.expect(body.requestId).to.equal(${headerOf('X-Request-Id')})`
    ),
    ...mentions.flatMap((text) =>
      expectBody(`The message mentions ${text}`, `pm.expect(body.message).to.include(${quote(text)})`)
    )
  ]
}

/** Keeps a value for later requests; `expression` may use `body`, the parsed response, and `pm.response`. */
export function remember(variable: string, expression: string): Check {
  return [`{ const body = pm.response.json(); pm.collectionVariables.set(${quote(variable)}, ${expression}) }`]
}

/** As `remember`, for a response without a body. */
export function rememberHeader(variable: string, name: string): Check {
  return [`pm.collectionVariables.set(${quote(variable)}, ${headerOf(name)})`]
}

/**
 * Repeats the request while `condition` holds for `body`, its parsed response, up to `limits.times`; the checks apply
 * to the last response. Repeats it by id, since names need not be unique.
 */
export function askAgainWhile(condition: string, checks: readonly Check[], limits: Limits = LIMITS): Check {
  const { times, waitMs } = limits
  return [
    `const isPending = pm.response.code === 200 && ((body) => ${condition})(pm.response.json())`,
    "const asked = 1 + Number(pm.collectionVariables.get('asked') || 0)",
    `const isAskedAgain = isPending && asked < ${times}`,
    "pm.collectionVariables.set('asked', isAskedAgain ? asked : 0)",
    'if (isAskedAgain) {',
    '  pm.execution.setNextRequest(pm.info.requestId)',
    `  setTimeout(() => {}, ${waitMs})`,
    '} else {',
    ...expectThat(`It ends before it was asked ${times} times`, 'pm.expect(isPending).to.equal(false)').map(indent),
    ...checks.flat().map(indent),
    '}'
  ]
}

/** URL-encodes values only; names stay readable, and `{{variables}}` stay variables. */
export function query(pairs: Readonly<Record<string, string>>): string {
  return Object.entries(pairs)
    .map(
      ([name, value]) =>
        `${name}=${value
          .split(/(\{\{\w+\}\})/)
          .map(encodeValue)
          .join('')}`
    )
    .join('&')
}

/** Returns code for the text of a response header, `undefined` without it. */
export function headerOf(name: string): string {
  return `pm.response.headers.get(${quote(name)})`
}

/** Writes a text as a JavaScript literal. */
export function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`
}

function indent(line: string): string {
  return `  ${line}`
}

function encodeValue(part: string): string {
  return part.startsWith('{{') ? part : encodeURIComponent(part).replaceAll("'", '%27')
}
