import { setNewest } from '../base/newest.ts'
import { FIELDS } from '../messages/field.ts'
import { doAside } from '../pace/aside.ts'
import { requireNoTransaction } from '../pace/slow.ts'
import { type Flattened, PIXELS_MAX, SIDE_MAX } from './png.ts'

export interface Logo {
  readonly png: Buffer
  readonly width: number
  readonly height: number
}

const DATA_URI = /^data:image\/png;base64,([A-Za-z0-9+/]+=*)$/
/** Length of the data URI; a larger logo would make every bill large. */
const LOGO_MAX_LENGTH = 400_000
const WORK = new URL('./png-work.ts', import.meta.url)

export const LOGO_RULE = FIELDS.logo(LOGO_MAX_LENGTH, PIXELS_MAX, SIDE_MAX)

const decoded = new Map<string, Promise<Logo | undefined>>()
const DECODED_MAX = 50

export function looksLikeLogo(uri: string): boolean {
  return uri.length <= LOGO_MAX_LENGTH && DATA_URI.test(uri)
}

/**
 * Decodes a PNG in a data URI and lays it on white, in the thread. Returns undefined for anything but a sound, not
 * interlaced PNG of 8 bits: pdfkit would decode an alpha channel in another thread, in no certain order, and fail
 * outside of any promise.
 */
export async function decodeLogo(uri: string | undefined): Promise<Logo | undefined> {
  requireNoTransaction('A logo')
  if (uri === undefined || !looksLikeLogo(uri)) return undefined
  const known = decoded.get(uri)
  if (known) return known
  const logo = decode(uri)
  setNewest(decoded, uri, logo, DECODED_MAX)
  // The next one tries again.
  logo.catch(() => decoded.delete(uri))
  return logo
}

async function decode(uri: string): Promise<Logo | undefined> {
  const logo = await doAside<string, Flattened | undefined>(WORK, uri.slice(uri.indexOf(',') + 1))
  return logo && { ...logo, png: Buffer.from(logo.png.buffer) }
}
