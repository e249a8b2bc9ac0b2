import { writeFileSync } from 'node:fs'
import { apiDocument } from './docs.ts'
import { asyncApiDocument } from './events/asyncapi.ts'
import { errorsPage } from './messages/catalogue.ts'

/** Returns the committed OpenAPI document: independent of configuration, one line per member. */
export function openApiText(): string {
  return `${JSON.stringify(apiDocument(), null, 2)}\n`
}

/** Returns the committed AsyncAPI document. */
export function asyncApiText(): string {
  return `${JSON.stringify(asyncApiDocument(), null, 2)}\n`
}

export function writeGenerated(openApiFile: string, asyncApiFile: string, errorsFile: string): void {
  writeFileSync(openApiFile, openApiText())
  writeFileSync(asyncApiFile, asyncApiText())
  writeFileSync(errorsFile, errorsPage())
}
