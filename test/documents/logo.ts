import { crc32, deflateSync } from 'node:zlib'

const SAMPLES: Readonly<Record<number, readonly number[]>> = {
  0: [100],
  2: [200, 100, 50],
  3: [1],
  4: [100, 128],
  6: [200, 100, 50, 128]
}

/** A PNG of 2 x 5 pixels of one colour, each row with another filter, as a data URI. */
export function logoUri(colourType: number, bits = 8, interlace = 0): string {
  const pixel = SAMPLES[colourType] ?? []
  const header = Buffer.from([0, 0, 0, 2, 0, 0, 0, 5, bits, colourType, 0, 0, interlace])
  const zeros = pixel.map(() => 0)
  const half = pixel.map((value) => value - (value >> 1))
  const rows = [
    [0, ...pixel, ...pixel],
    [1, ...pixel, ...zeros],
    [2, ...zeros, ...zeros],
    [3, ...half, ...zeros],
    [4, ...zeros, ...zeros]
  ]
  const palette = colourType === 3 ? [chunk('PLTE', [0, 0, 0, 200, 100, 50]), chunk('tRNS', [255, 128])] : []
  const data = deflateSync(Buffer.from(rows.flat()))
  return uriOf([chunk('IHDR', header), ...palette, chunk('IDAT', data)])
}

/** A small PNG of one colour with alpha, of any dimensions and any red, as a data URI. */
export function plainLogoUri(width: number, height: number, red = 200): string {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 6], 8)
  const row = Buffer.from([4, red, 100, 50, 128, ...new Uint8Array((width - 1) * 4)])
  return uriOf([chunk('IHDR', [...header]), chunk('IDAT', deflateSync(Buffer.concat(Array(height).fill(row))))])
}

function uriOf(chunks: readonly Buffer[]): string {
  const signature = Buffer.from('89504e470d0a1a0a', 'hex')
  return `data:image/png;base64,${Buffer.concat([signature, ...chunks, chunk('IEND', [])]).toString('base64')}`
}

function chunk(type: string, data: readonly number[] | Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), Buffer.from(data)])
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(body.length - 4)
  check.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, check])
}
