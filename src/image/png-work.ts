import type { Work } from '../pace/aside.ts'
import { type Flattened, flatten } from './png.ts'

export const work: Work<string, Flattened | undefined> = (base64) => {
  const output = flatten(Buffer.from(base64, 'base64'))
  return { output, moved: output ? [output.png.buffer] : [] }
}
