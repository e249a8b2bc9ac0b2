import { crc32, deflateSync, inflateSync } from 'node:zlib'

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
export const PIXELS_MAX = 1_000_000
export const SIDE_MAX = 4_000
/** Samples per pixel by colour type: grey, colour, palette, and the first two with alpha (PNG, section 11.2.2). */
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }
const WHITE = 255

/** A PNG without transparency. */
export interface Flattened {
  readonly png: Uint8Array<ArrayBuffer>
  readonly width: number
  readonly height: number
}

interface Header {
  readonly width: number
  readonly height: number
  readonly colourType: number
  /** Bytes per pixel. */
  readonly samples: number
}

/** Lays a PNG on white. Returns undefined for anything but a sound, not interlaced PNG of 8 bits. Blocks meanwhile. */
export function flatten(file: Buffer): Flattened | undefined {
  try {
    return flattened(file)
  } catch (error) {
    // Any error of zlib, or a read beyond the end: not a picture.
    if (error instanceof Error) return undefined
    throw error
  }
}

function flattened(file: Buffer): Flattened | undefined {
  if (!file.subarray(0, SIGNATURE.length).equals(SIGNATURE)) return undefined
  const chunks = [...chunksOf(file)]
  const header = readHeader(chunks.find(({ type }) => type === 'IHDR')?.data)
  if (!header) return undefined
  const { width, height, samples } = header
  const part = (name: string) => Buffer.concat(chunks.filter(({ type }) => type === name).map(({ data }) => data))
  const size = height * (1 + width * samples)
  const filtered = inflateSync(part('IDAT'), { maxOutputLength: size })
  if (filtered.length !== size) return undefined
  const pixels = unfilter(filtered, width * samples, samples)
  const rows = onWhite(pixels, header, part('PLTE'), part('tRNS'))
  return { png: encode(header, rows), width, height }
}

/** Undefined for a picture of another kind or shape. */
function readHeader(data: Buffer | undefined): Header | undefined {
  const colourType = data?.[9] ?? -1
  const samples = SAMPLES[colourType]
  if (!data || samples === undefined || data[8] !== 8 || data[12] !== 0) return undefined
  const [width, height] = [data.readUInt32BE(0), data.readUInt32BE(4)]
  const isShaped = Math.max(width, height) <= SIDE_MAX && width * height > 0 && width * height <= PIXELS_MAX
  return isShaped ? { width, height, colourType, samples } : undefined
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

/** Returns rows of filter 0 and pixels of three bytes. */
function onWhite(pixels: Buffer, header: Header, palette: Buffer, alphas: Buffer): Buffer {
  const { width, height, samples } = header
  const rows = Buffer.alloc(height * (1 + width * 3))
  let to = 0
  for (let row = 0; row < height; row++) {
    to++
    for (let from = row * width * samples; from < (row + 1) * width * samples; from += samples) {
      const alpha = alphaAt(pixels, from, header, alphas)
      for (let colour = 0; colour < 3; colour++) {
        const value = colourAt(pixels, from, colour, header, palette)
        rows[to++] = WHITE - Math.round(((WHITE - value) * alpha) / WHITE)
      }
    }
  }
  return rows
}

function alphaAt(pixels: Buffer, at: number, { colourType }: Header, alphas: Buffer): number {
  if (colourType === 3) return alphas[Number(pixels[at])] ?? WHITE
  if (colourType === 6) return Number(pixels[at + 3])
  return colourType === 4 ? Number(pixels[at + 1]) : WHITE
}

function colourAt(pixels: Buffer, at: number, colour: number, { colourType }: Header, palette: Buffer): number {
  if (colourType === 3) return palette[Number(pixels[at]) * 3 + colour] ?? 0
  return Number(pixels[colourType === 2 || colourType === 6 ? at + colour : at])
}

function encode({ width, height }: Header, rows: Buffer): Uint8Array<ArrayBuffer> {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2], 8)
  const parts = [chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]
  return new Uint8Array(Buffer.concat([SIGNATURE, ...parts]))
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(data.length, 0)
  frame.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
}
