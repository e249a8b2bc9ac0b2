import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isStorable } from '../base/code-points.ts'
import { BODIES } from '../messages/body.ts'
import { requireUtf8 } from './body.ts'
import { FORM_TYPES } from './media-types.ts'

const FORM_MAX_BYTES = 65_536
const FIELDS_MAX = 100

/**
 * Makes an app read forms besides its other bodies, as objects of texts. Throws `invalidBody` for a file, a repeated
 * field, and for what no database stores.
 */
export function registerForms(app: FastifyInstance): void {
  const options = { parseAs: 'buffer', bodyLimit: FORM_MAX_BYTES } as const
  app.addContentTypeParser([...FORM_TYPES], options, async (request: FastifyRequest, bytes: Buffer) => {
    requireUtf8(request)
    return fieldsOf(await readForm(String(request.headers['content-type']), bytes))
  })
}

/** The runtime reads both kinds of forms (WHATWG Fetch, `formData`). */
async function readForm(type: string, bytes: Buffer): Promise<FormData> {
  try {
    return await new Response(new Uint8Array(bytes), { headers: { 'content-type': type } }).formData()
  } catch {
    throw BODIES.notForm()
  }
}

function fieldsOf(form: FormData): Readonly<Record<string, string>> {
  const fields = new Map<string, string>()
  for (const [name, value] of form) {
    if (typeof value !== 'string') throw BODIES.file(name)
    if (fields.has(name)) throw BODIES.repeated(name)
    if (!isStorable(name) || !isStorable(value) || value.includes('\ufffd')) throw BODIES.formNotText()
    if (fields.size === FIELDS_MAX) throw BODIES.tooManyFields(FIELDS_MAX)
    fields.set(name, value)
  }
  return Object.fromEntries(fields)
}
