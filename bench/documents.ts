import type { Target } from './target.ts'

const BILLS = 100
const API = '/customerBillManagement/v4'
const LIST = `${API}/customerBill?runType=onCycle&sort=-lastUpdate&limit=${BILLS}&fields=billDocument`

/** Fetches PDFs of a run's new bills, one after the other. Returns the median time in ms. */
export async function measureDocuments(target: Target): Promise<number> {
  const bills = (await (await get(target, `${target.origin}${LIST}`)).json()) as readonly Bill[]
  const times: number[] = []
  for (const { billDocument } of bills) {
    const started = performance.now()
    const document = await get(target, billDocument[0].url)
    await document.arrayBuffer()
    times.push(performance.now() - started)
  }
  if (times.length < BILLS) throw new Error(`there are ${times.length} bills with documents, not ${BILLS}`)
  return times.sort((a, b) => a - b)[BILLS / 2] ?? Number.NaN
}

interface Bill {
  readonly billDocument: readonly [{ readonly url: string }]
}

async function get({ headers }: Target, url: string): Promise<Response> {
  const response = await fetch(url, { headers })
  if (!response.ok) throw new Error(`${url} was answered with ${response.status}`)
  return response
}
