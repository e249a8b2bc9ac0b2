import { exportBills } from '../upload/export.ts'
import { type Command, Misuse } from './command.ts'
import { enterTenant } from './lookup.ts'

const MONTH = /^(?:0[1-9]|1[0-2])-\d{4}$/

export const billExportCommands: Readonly<Record<string, Command>> = {
  'bill export': {
    description: 'prints issued bills as a CSV file that another tenant or system takes as an upload',
    options: ['tenant', 'period'],
    details: () =>
      'It has the columns of an upload of bills. --period names the billed month, such as 11-2026; without it all\n' +
      'bills are printed. Bills of partners, and those without an account or an amount to pay, are left out; their\n' +
      'number is printed on the standard error.',
    prepare: (args) => {
      const { period } = args.options
      if (period !== undefined && !MONTH.test(period)) throw new Misuse('--period must be a month: 11-2026')
      return async (context) => {
        const { tenantId } = (await enterTenant(context, args)).view
        const { rows, leftOut } = await exportBills(context.database, tenantId, period, context.print)
        context.screen.write(`${rows} bills exported, ${leftOut} left out\n`)
        return { text: '' }
      }
    }
  }
}
