import { type LineResult, parseLines } from './answers.ts'
import { post, type Reply } from './api.ts'
import { rateOf } from './cast.ts'
import { expectSame } from './expectation.ts'
import type { Scene } from './stage.ts'

const LINES_TYPE = 'application/x-ndjson'
const BYTES_PER_KB = 1_000

/** The chapter of incoming rates. */
export async function sendRates(scene: Scene): Promise<void> {
  const { api, narrator, cast, month } = scene
  const rates = cast.all.flatMap((one) => one.lines.map((line) => rateOf(one, line, month)))
  const lines = [...rates, mistakeOf(cast.lotte.id)].map((rate) => JSON.stringify(rate))
  const body = `${lines.join('\n')}\n`
  const count = lines.length.toLocaleString('en')
  const note = `(${count} lines of JSON, ${Math.round(body.length / BYTES_PER_KB).toLocaleString('en')} kB)`
  const headers = { 'Content-Type': LINES_TYPE }
  const upload = { ...post('/appliedCustomerBillingRate', undefined, 200), body, headers, note }
  narrator.chapter('Rates come in')
  narrator.say(
    `What was used in ${month.name} comes as lines of JSON, down to fractions of a cent. The last line is wrong, and ` +
      'keeps no other from being stored.'
  )
  const first = await api.show<string>(upload, summary)
  expectResults(first, { created: rates.length, refused: 1 })
  const [fault] = parseLines<LineResult>(first.body).filter(({ status }) => status === 'refused')
  expectSame('the line that is refused', fault?.line, lines.length)
  expectSame('what is wrong with it', fault?.errors?.[0]?.path, '$.taxExcludedAmount.value')
  narrator.remark(`line ${fault?.line}: ${fault?.errors?.[0]?.path} ${fault?.errors?.[0]?.message}`)
  narrator.say("All of it is sent again. Lines are known by the sender's own ids, so nothing is stored twice.")
  expectResults(await api.show<string>(upload, summary), { duplicate: rates.length, refused: 1 })
}

/** A credit with the wrong sign. */
function mistakeOf(id: string): object {
  const taxExcludedAmount = { unit: 'EUR', value: 5 }
  return { externalId: 'mistake-1', billingAccount: { id }, type: 'appliedBillingCredit', taxExcludedAmount }
}

type Counts = Readonly<Record<string, number>>

function countsOf(text: string): Counts {
  const byStatus = Map.groupBy(parseLines<LineResult>(text), ({ status }) => status)
  return Object.fromEntries([...byStatus].map(([status, results]) => [status, results.length]))
}

function summary({ body }: Reply<string>): string {
  return Object.entries(countsOf(body))
    .map(([status, count]) => `${count.toLocaleString('en')} ${status}`)
    .join(', ')
}

function expectResults({ body }: Reply<string>, expected: Counts): void {
  expectSame('what became of the lines', countsOf(body), expected)
}
