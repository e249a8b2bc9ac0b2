import { post } from './api.ts'
import { type Money, moneyText, sumOf } from './arithmetic.ts'
import { dueOf } from './cast.ts'
import { expectSame } from './expectation.ts'
import type { Scene } from './stage.ts'

interface Preview {
  readonly taxExcludedAmount: Money
  readonly taxIncludedAmount: Money
  readonly amountDue: Money
  readonly taxItem: readonly { readonly taxCategory: string; readonly taxRate: number; readonly taxAmount: Money }[]
  readonly rounding: Money
  readonly lineCount: number
  readonly lines: readonly { readonly name: string; readonly taxExcludedAmount: Money; readonly shownAmount: Money }[]
}

/** The chapter of a preview. */
export async function previewOne({ api, narrator, cast, month }: Scene): Promise<void> {
  const { lotte } = cast
  narrator.chapter('A preview')
  narrator.say(
    `What will ${lotte.name} pay? Lines keep their fractions; the bill rounds their sum once, and the tax on it.`
  )
  const wanted = { billingAccount: { id: lotte.id }, until: month.end }
  const { body } = await api.show<Preview>(
    post('/billing/v1/preview', wanted, 200),
    ({ body: { lineCount, lines } }) => {
      const exact = sumOf(lines.map(({ taxExcludedAmount }) => taxExcludedAmount.value))
      return `${lineCount} lines, exactly ${exact.toFixed()} EUR`
    }
  )
  const due = dueOf(lotte)
  expectSame('the number of lines', body.lineCount, lotte.lines.length)
  expectSame('the amount before tax', body.taxExcludedAmount.value, Number(due.taxExcluded))
  expectSame('the tax', body.taxItem[0]?.taxAmount.value, Number(due.tax))
  expectSame('the amount with tax', body.taxIncludedAmount.value, Number(due.taxIncluded))
  expectSame('the rounding', body.rounding.value, Number(due.rounding))
  const shown = sumOf(body.lines.map(({ shownAmount }) => shownAmount.value))
  expectSame('lines and rounding', shown.plus(body.rounding.value), due.taxExcluded)
  const [tax] = body.taxItem
  const words = [
    `printed lines ${moneyText({ unit: 'EUR', value: shown })}`,
    `rounding ${moneyText(body.rounding)}`,
    `${tax?.taxCategory} ${moneyText({ unit: 'EUR', value: due.tax })}`
  ]
  narrator.remark(`${words.join(' + ')} = ${moneyText(body.amountDue)}`)
}
