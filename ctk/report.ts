import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Result, Summary } from './runner.ts'

const REDACTED = '(redacted)'
const MAX_MESSAGE = 300
/** Further failures are in the reports only. */
const MAX_SHOWN = 50
/** A shorter value is hardly a secret, and removing it everywhere would spoil the report. */
const MIN_SECRET = 5
const HTML_ENTITIES: readonly (readonly [character: string, entity: string])[] = [
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#x27;'],
  ['`', '&#x60;'],
  ['=', '&#x3D;']
]

/** The reports of a run, for people and for programs. */
export interface ReportFiles {
  readonly html: string
  readonly json: string
}

/** Creates the folder; `name` is `ctk`, or `ctk-kit` for an official kit. */
export function reportFiles(folder: string, name: string): ReportFiles {
  mkdirSync(folder, { recursive: true })
  return { html: path.join(folder, `${name}.html`), json: path.join(folder, `${name}.json`) }
}

/** Writes the JSON report and removes secrets from newman's HTML report. */
export function writeReports(files: ReportFiles, url: string, summary: Summary, secrets: readonly string[]): void {
  const hide = hider(secrets)
  const report = JSON.stringify({ url, ...summary }, (_, value) => (typeof value === 'string' ? hide(value) : value), 2)
  writeFileSync(files.json, `${report}\n`)
  writeFileSync(files.html, hide(readFileSync(files.html, 'utf8')))
}

/** Returns a line per folder, every failure, and the totals as the last line. */
export function printable(summary: Summary, secrets: readonly string[]): string {
  const { requests, assertions, errors, responseTimeMs } = summary
  const { mean, median } = responseTimeMs
  const failures = summary.results.flatMap(failuresOf)
  const unseen = failures.length - MAX_SHOWN
  const lines = [
    ...table(summary),
    '',
    ...failures.slice(0, MAX_SHOWN),
    ...(unseen > 0 ? [`and ${unseen} more, see the reports`] : []),
    `${requests.total} requests, ${requests.repeated} repeated, ${requests.skipped} skipped, ${errors} errors`,
    `response time ${mean} ms mean, ${median} ms median`,
    `${assertions.passed} passed, ${assertions.failed} failed`
  ]
  return hider(secrets)(lines.join('\n'))
}

/** Returns the secret values of headers: all except media types. */
export function secretsOf(headers: Readonly<Record<string, string>>): string[] {
  const harmless = new Set(['accept', 'content-type'])
  const values = Object.entries(headers).flatMap(([name, value]) => (harmless.has(name.toLowerCase()) ? [] : [value]))
  // The second word of `Bearer abc` is a secret by itself.
  return values.flatMap((value) => [value, ...value.split(/\s+/).slice(1)])
}

function hider(secrets: readonly string[]): (text: string) => string {
  const forms = secrets.flatMap((each) => [each, JSON.stringify(each).slice(1, -1), escapeHtml(each)])
  const longestFirst = forms.filter(({ length }) => length >= MIN_SECRET).sort((a, b) => b.length - a.length)
  return (text) => longestFirst.reduce((hidden, each) => hidden.replaceAll(each, REDACTED), text)
}

function escapeHtml(text: string): string {
  return HTML_ENTITIES.reduce((escaped, [character, entity]) => escaped.replaceAll(character, entity), text)
}

function table({ results }: Summary): string[] {
  const folders = new Map<string, Result[]>()
  for (const result of results) {
    const name = result.folder.join(' / ')
    folders.set(name, [...(folders.get(name) ?? []), result])
  }
  const width = Math.max(...[...folders.keys()].map((name) => name.length), 'folder'.length)
  const row = (name: string, ...cells: readonly (string | number)[]) =>
    name.padEnd(width) + cells.map((cell) => String(cell).padStart(10)).join('')
  return [
    row('folder', 'requests', 'passed', 'failed', 'mean ms'),
    ...[...folders].map(([name, members]) => {
      const failed = members.reduce((total, each) => total + each.failed.length + each.errors.length, 0)
      const assertions = members.reduce((total, each) => total + each.assertions - each.failed.length, 0)
      const timeMs = members.reduce((total, each) => total + (each.responseTimeMs ?? 0), 0) / members.length
      return row(name, members.length, assertions, failed, timeMs.toFixed(1))
    })
  ]
}

function failuresOf({ folder, name, status, failed, errors }: Result): string[] {
  const place = `${[...folder, name].join(' / ')} (${status ?? 'no answer'})`
  const texts = [...failed.map(({ assertion, message }) => `${assertion}: ${message}`), ...errors]
  return texts.map((text) => `FAILED ${place}\n       ${text.replaceAll('\n', ' ').slice(0, MAX_MESSAGE)}`)
}
