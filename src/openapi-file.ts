import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { apiDocument } from './docs.ts'
import { asyncApiDocument } from './events/asyncapi.ts'
import { errorsPage } from './messages/catalogue.ts'

/** Returns the committed OpenAPI document: independent of configuration, one line per member. */
export function openApiText(): string {
  return `${JSON.stringify(apiDocument(), null, 2)}\n`
}

export function asyncApiText(): string {
  return `${JSON.stringify(asyncApiDocument(), null, 2)}\n`
}

const GENERATED = {
  'openapi/tmf678-server.openapi.json': openApiText,
  'openapi/tmf678-server.asyncapi.json': asyncApiText,
  'docs/errors.md': errorsPage
}

/** Writes the committed documents, and returns their names. */
export function writeGenerated(): readonly string[] {
  for (const [file, text] of Object.entries(GENERATED)) {
    writeFileSync(path.resolve(import.meta.dirname, '..', file), text())
  }
  return Object.keys(GENERATED)
}
