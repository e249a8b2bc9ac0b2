import { LINES_TYPE } from '../../http/body.ts'
import { ERROR_RESPONSES, headerRefs } from './components.ts'
import { type Json, schemaRef } from './schemas.ts'

const RESULTS = { schema: schemaRef('LineResult') }

/** Returns the schemas of the body by media type: one document, an array, or one in each line. */
export function bulkBody(one: Json): Json {
  return { 'application/json': { anyOf: [one, { type: 'array', items: one }] }, [LINES_TYPE]: one }
}

export function bulkResponses(): Json {
  const headers = headerRefs('X-Request-Id')
  return {
    200: { description: 'The result of each document, in order', headers, content: { [LINES_TYPE]: RESULTS } },
    422: {
      description: `${ERROR_RESPONSES[422].description}; with \`atomic=true\`: a line is refused, nothing is stored`,
      headers,
      content: { 'application/json': { schema: schemaRef('Error') }, [LINES_TYPE]: RESULTS }
    }
  }
}
