import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'
import { comparePaths, compareSchemas, type Difference, type Paths, type Schemas } from './comparison.ts'
import type { Document } from './document.ts'

/** The official documents lie beside the project, not in it. */
const FOLDER = path.resolve(import.meta.dirname, '../../../shared/spec')
export const hasOfficialDocuments = existsSync(FOLDER)

/** Types of TMF678 v5, served because v4 names the resource without describing it. */
const CYCLE_TYPES = ['BillCycle', 'BillCycleRef', 'BillCycleSpecificationRef', 'TimePeriod']
const SPECIFICATION = 'BillingCycleSpecification'
const SPECIFICATION_TYPES = [SPECIFICATION, `${SPECIFICATION}_Create`, `${SPECIFICATION}_Update`, 'TimePeriod']

/** Returns every difference between our document and the official ones. */
export function findDifferences(ours: Document): readonly Difference[] {
  const { paths, schemas } = resolved(ours)
  const bills = readJson('TMF678-CustomerBill-v4.0.0.swagger.json')
  const cycles = resolved(parse(readText('TMF678-CustomerBill-v5.0.0.oas.yaml')))
  const accounts = readJson('TMF666-Account-v4.0.0.swagger.json')
  return [
    ...comparePaths('TMF678 v4', bills.paths, paths),
    ...compareSchemas('TMF678 v4', bills.definitions, schemas, Object.keys(bills.definitions)),
    ...comparePaths('TMF678 v5', pathsOf(cycles.paths, 'billCycle'), paths),
    ...compareSchemas('TMF678 v5', cycles.schemas, schemas, CYCLE_TYPES),
    ...comparePaths('TMF666 v4', pathsOf(accounts.paths, 'billingCycleSpecification', ourName), paths),
    ...compareSchemas('TMF666 v4', accounts.definitions, schemas, SPECIFICATION_TYPES, ourName)
  ]
}

export function standardOperations(): readonly string[] {
  const { paths } = readJson('TMF678-CustomerBill-v4.0.0.swagger.json')
  return Object.values(paths).flatMap((item) => Object.values(item).map(({ operationId }) => operationId))
}

/** TMF666's specification of a billing cycle, named like TMF678's BillCycle. */
function ourName(name: string): string {
  return name.replace(/illingCycleSpecification/, 'illCycleSpecification')
}

function pathsOf(paths: Paths, resource: string, ours: (name: string) => string = (name) => name): Paths {
  const own = Object.entries(paths).filter(([name]) => name.split('/')[1] === resource)
  return Object.fromEntries(own.map(([name, item]) => [ours(name), item]))
}

/** Resolves parameters of paths, and returns the schemas. */
function resolved({ paths, components }: Document): { paths: Paths; schemas: Schemas } {
  const text = JSON.stringify(paths, (_, value) => {
    const name = /^#\/components\/parameters\/(.+)$/.exec(value?.$ref)?.[1]
    return name === undefined ? value : components.parameters[name]
  })
  return { paths: JSON.parse(text), schemas: components.schemas }
}

function readJson(file: string): { readonly paths: Paths; readonly definitions: Schemas } {
  return JSON.parse(readText(file))
}

function readText(file: string): string {
  return readFileSync(path.join(FOLDER, file), 'utf8')
}
