/**
 * The condition of a query in either spelling (attribute filters or JSONPath `filter`). Its two interpreters must
 * agree: condition-sql.ts (SQL) and match.ts (in memory).
 */
export type Predicate =
  | { readonly op: 'and' | 'or'; readonly terms: readonly Predicate[] }
  | { readonly op: 'not'; readonly term: Predicate }
  | Comparison
  | { readonly op: 'exists'; readonly path: Path }
  /** One element of the list at `path` meets `where`, whose paths start at that element. */
  | { readonly op: 'some'; readonly path: Path; readonly where: Predicate }
  /** The list at `path` has a number of elements. */
  | { readonly op: 'length'; readonly path: Path; readonly operator: OrderOperator; readonly value: number }

/**
 * `values` are the client's texts. `eq` is true for any of the values, `ne` for none of them (and for a missing
 * attribute); the other operators have one value. A path through a list holds if some element does.
 */
export interface Comparison {
  readonly op: 'compare'
  readonly path: Path
  readonly operator: Operator
  readonly values: readonly string[]
  /** Only with `regex`. */
  readonly ignoreCase?: boolean
}

export type OrderOperator = 'eq' | 'ne' | 'gt' | 'gte' | 'lt' | 'lte'
export type Operator = OrderOperator | 'regex'
export const OPERATORS: readonly Operator[] = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'regex']

/** Attribute names from the root of the resource (or of the element) inwards, e.g. `['billingAccount', 'id']`. */
export type Path = readonly string[]

export function patternsIn(predicate: Predicate): number {
  switch (predicate.op) {
    case 'and':
    case 'or':
      return predicate.terms.reduce((sum, term) => sum + patternsIn(term), 0)
    case 'not':
      return patternsIn(predicate.term)
    case 'some':
      return patternsIn(predicate.where)
    default:
      return predicate.op === 'compare' && predicate.operator === 'regex' ? 1 : 0
  }
}
