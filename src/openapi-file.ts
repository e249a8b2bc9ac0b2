import { writeFileSync } from 'node:fs'
import { BASE_PATHS, resources } from './app.ts'
import { apiDocument } from './docs.ts'

/** The OpenAPI document as it is committed: independent of any configuration, one line per member. */
export function openApiText(): string {
  return `${JSON.stringify(apiDocument({ basePaths: BASE_PATHS, resources }), null, 2)}\n`
}

/** Writes the OpenAPI document to a file, which is what `npm run openapi` does. */
export function writeOpenApi(file: string): void {
  writeFileSync(file, openApiText())
}
