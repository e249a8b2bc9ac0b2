import { auditCommands } from './audit-commands.ts'
import { billExportCommands } from './bill-export-commands.ts'
import { billRunCommands } from './bill-run-commands.ts'
import { billingCommands } from './billing-commands.ts'
import { bookCommands } from './book-commands.ts'
import type { Command } from './command.ts'
import { comparisonCommands } from './comparison-commands.ts'
import { deliveryCommands } from './delivery-commands.ts'
import { eventCommands } from './event-commands.ts'
import { paymentCommands } from './payment-commands.ts'
import { resourceCommands } from './resource-commands.ts'
import { reviewCommands } from './review-commands.ts'
import { sealCommands } from './seal-commands.ts'
import { secretCommands } from './secret-commands.ts'
import { signingKeyCommands } from './signing-key-commands.ts'
import { tenantCommands } from './tenant-commands.ts'
import { uploadCommands } from './upload-commands.ts'

const commands: Readonly<Record<string, Command>> = {
  ...tenantCommands,
  ...resourceCommands,
  ...secretCommands,
  ...signingKeyCommands,
  ...sealCommands,
  ...billingCommands,
  ...billExportCommands,
  ...billRunCommands,
  ...bookCommands,
  ...reviewCommands,
  ...paymentCommands,
  ...comparisonCommands,
  ...auditCommands,
  ...eventCommands,
  ...deliveryCommands,
  ...uploadCommands
}
const groups = Map.groupBy(Object.entries(commands), ([name]) => name.split(' ')[0])

/** Commands on a migrated database, grouped by first word. A Map, so that `constructor` is no command. */
export const databaseCommands: ReadonlyMap<string, Command> = new Map([...groups.values()].flat())
