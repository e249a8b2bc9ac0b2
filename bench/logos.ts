import { crc32, deflateSync } from 'node:zlib'

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex')
/** Colour with alpha, 4 bytes a pixel; a filter predicts each row from left and above (PNG, section 9). */
const [COLOUR_TYPE, PIXEL_BYTES, FILTER] = [6, 4, 4]

/** Returns a PNG as a data URI, whose first pixel has a shade of 0 to 255: a small file, however many pixels. */
export function plainLogo(width: number, height: number, shade: number): string {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, COLOUR_TYPE], 8)
  const pixels = Buffer.alloc(height * (1 + width * PIXEL_BYTES))
  for (let row = 0; row < height; row++) pixels[row * (1 + width * PIXEL_BYTES)] = FILTER
  pixels.set([shade, 100, 50, 128], 1)
  const chunks = [chunk('IHDR', header), chunk('IDAT', deflateSync(pixels)), chunk('IEND', Buffer.alloc(0))]
  return `data:image/png;base64,${Buffer.concat([SIGNATURE, ...chunks]).toString('base64')}`
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data])
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  check.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, check])
}
