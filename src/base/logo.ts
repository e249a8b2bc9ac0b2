import { crc32, deflateSync, inflateSync } from 'node:zlib'

/** A tenant's logo as an opaque PNG of 8 bits per colour, whatever it was before. */
export interface Logo {
  readonly png: Buffer
  readonly width: number
  readonly height: number
}

const DATA_URI = /^data:image\/png;base64,([A-Za-z0-9+/]+=*)$/
const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
/** As a data URI; larger ones would make every bill large. */
const LOGO_MAX_LENGTH = 400_000
const PIXELS_MAX = 1_000_000
/** Samples per pixel by colour type: grey, colour, palette, and the first two with alpha (PNG, section 11.2.2). */
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }
const WHITE = 255

/** What a logo must be. */
export const LOGO_RULE =
  `must be data:image/png;base64,... of at most ${LOGO_MAX_LENGTH} characters: a PNG of 8 bits per colour, ` +
  `not interlaced, of at most ${PIXELS_MAX} pixels`

interface Header {
  readonly width: number
  readonly height: number
  readonly colourType: number
}

const decoded = new Map<string, Logo | undefined>()
/** As many tenants' logos are kept ready; then they are decoded anew. */
const DECODED_MAX = 50

/**
 * Decodes a PNG in a data URI and lays it on white. Undefined for anything but a sound PNG of 8 bits, not interlaced:
 * pdfkit would decode an alpha channel in another thread, in no certain order, and fail outside of any promise.
 */
export function decodeLogo(uri: string | undefined): Logo | undefined {
  if (uri === undefined || uri.length > LOGO_MAX_LENGTH) return undefined
  if (decoded.has(uri)) return decoded.get(uri)
  if (decoded.size >= DECODED_MAX) decoded.clear()
  const base64 = DATA_URI.exec(uri)?.[1]
  const logo = base64 === undefined ? undefined : attempt(Buffer.from(base64, 'base64'))
  decoded.set(uri, logo)
  return logo
}

function attempt(file: Buffer): Logo | undefined {
  try {
    return flatten(file)
  } catch (error) {
    // Whatever zlib or a read beyond the end of the file says: it is no picture.
    if (error instanceof Error) return undefined
    throw error
  }
}

function flatten(file: Buffer): Logo | undefined {
  if (!file.subarray(0, SIGNATURE.length).equals(SIGNATURE)) return undefined
  const chunks = [...chunksOf(file)]
  const header = chunks.find(({ type }) => type === 'IHDR')?.data
  const samples = SAMPLES[header?.[9] ?? -1]
  if (!header || samples === undefined || header[8] !== 8 || header[12] !== 0) return undefined
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)]
  if (width * height === 0 || width * height > PIXELS_MAX) return undefined
  const part = (name: string) => Buffer.concat(chunks.filter(({ type }) => type === name).map(({ data }) => data))
  const size = height * (1 + width * samples)
  const filtered = inflateSync(part('IDAT'), { maxOutputLength: size })
  if (filtered.length !== size) return undefined
  const pixels = unfilter(filtered, width * samples, samples)
  const rgb = onWhite(pixels, { width, height, colourType: Number(header[9]) }, part('PLTE'), part('tRNS'))
  return { png: encode(width, height, rgb), width, height }
}

function* chunksOf(file: Buffer): Generator<{ readonly type: string; readonly data: Buffer }> {
  for (let at = SIGNATURE.length; at + 12 <= file.length; ) {
    const length = file.readUInt32BE(at)
    yield { type: file.toString('latin1', at + 4, at + 8), data: file.subarray(at + 8, at + 8 + length) }
    at += length + 12
  }
}

/** Undoes the filter of each row (PNG, section 9.2). */
function unfilter(filtered: Buffer, rowLength: number, step: number): Buffer {
  const rows = filtered.length / (rowLength + 1)
  const pixels = Buffer.alloc(rows * rowLength)
  for (let row = 0; row < rows; row++) {
    const filter = Number(filtered[row * (rowLength + 1)])
    for (let x = 0; x < rowLength; x++) {
      const at = row * rowLength + x
      const left = x < step ? 0 : Number(pixels[at - step])
      const up = row === 0 ? 0 : Number(pixels[at - rowLength])
      const corner = x < step || row === 0 ? 0 : Number(pixels[at - rowLength - step])
      pixels[at] = Number(filtered[at + row + 1]) + predicted(filter, left, up, corner)
    }
  }
  return pixels
}

function predicted(filter: number, left: number, up: number, corner: number): number {
  if (filter === 1) return left
  if (filter === 2) return up
  if (filter === 3) return (left + up) >> 1
  if (filter !== 4) return 0
  const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)]
  if (a <= b && a <= c) return left
  return b <= c ? up : corner
}

/** The colours of all pixels, three bytes each. */
function onWhite(pixels: Buffer, { width, height, colourType }: Header, palette: Buffer, alphas: Buffer): Buffer {
  const rgb = Buffer.alloc(width * height * 3)
  const samples = Number(SAMPLES[colourType])
  for (let pixel = 0; pixel < width * height; pixel++) {
    const [red, green, blue, alpha = WHITE] = colourAt(pixels, pixel * samples, colourType, palette, alphas)
    for (const [index, value] of [red, green, blue].entries()) {
      rgb[pixel * 3 + index] = WHITE - Math.round(((WHITE - Number(value)) * alpha) / WHITE)
    }
  }
  return rgb
}

type Colour = readonly (number | undefined)[]

function colourAt(pixels: Buffer, at: number, colourType: number, palette: Buffer, alphas: Buffer): Colour {
  const [first = 0, second, third, fourth] = pixels.subarray(at, at + 4)
  if (colourType === 3) return [...palette.subarray(first * 3, first * 3 + 3), alphas[first]]
  if (colourType === 2) return [first, second, third]
  if (colourType === 6) return [first, second, third, fourth]
  return [first, first, first, colourType === 4 ? second : WHITE]
}

function encode(width: number, height: number, rgb: Buffer): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2], 8)
  const rows = Array.from({ length: height }, (_, row) =>
    Buffer.concat([Buffer.alloc(1), rgb.subarray(row * width * 3, (row + 1) * width * 3)])
  )
  const parts = [chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.concat(rows))), chunk('IEND', Buffer.alloc(0))]
  return Buffer.concat([SIGNATURE, ...parts])
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(data.length, 0)
  frame.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
}
