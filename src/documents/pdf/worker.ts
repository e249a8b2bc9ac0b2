import { parentPort } from 'node:worker_threads'
import type { BillView } from '../view/bill-view.ts'
import { renderPdf } from './pdf.ts'

/** The thread of pdf-thread.ts: for each view that comes in, the bytes of its PDF go out. A failure ends the thread. */
parentPort?.on('message', async (view: BillView) => {
  const { buffer, byteOffset, byteLength } = await renderPdf(withBuffers(view))
  const file = new Uint8Array(buffer, byteOffset, byteLength).slice()
  parentPort?.postMessage(file, [file.buffer])
})

/** A message has the bytes of a picture, but not as a Buffer. */
function withBuffers(view: BillView): BillView {
  const { branding } = view.issuer
  const logo = branding.logo && { ...branding.logo, png: Buffer.from(branding.logo.png) }
  return { ...view, issuer: { ...view.issuer, branding: { ...branding, logo } } }
}
