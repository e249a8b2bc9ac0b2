import type { Work } from '../../pace/aside.ts'
import { readStatement, type Statement } from './statement.ts'

/** Reads a bank statement. */
export const work: Work<string, Statement> = (source) => ({ output: readStatement(source), moved: [] })
