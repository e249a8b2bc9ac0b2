import { is, messages } from './message.ts'

export const QUERIES = messages('query', {
  brokenEscape: is.invalidQuery`The query string has a broken percent escape; write a percent sign as %25`,
  nul: is.invalidQuery`The query string must not contain NUL`,
  tooManyParts: is.invalidQuery`A query may have ${200} parts at most`,
  repeated: is.invalidQuery`${'limit may be given once only'}`,
  notWhole: is.invalidQuery`${'limit must be a whole number from 0 upwards'}`,
  unsupported: is.invalidQuery`${'depth is not supported: references are not expanded; leave it out'}`,
  onlyFields: is.invalidQuery`Only fields is allowed here; filters, sort and paging belong to the list`,
  onlyThese: is.invalidQuery`${'billRun'} takes ${['state', 'offset']} and limit only`,
  afterWithOffset: is.invalidQuery`after and offset exclude each other: after says where the page begins; send one`,
  afterOfOtherSort: is.invalidQuery`after belongs to another sort; take it from the next link of this very query`,
  notACursor: is.invalidQuery`after must be a cursor taken from the next link of a page`,
  tooManyFields: is.invalidQuery`fields may name ${100} attributes at most`,
  fieldsAsJsonPath: is.notImplemented`fields takes attribute names such as billNo or amountDue.value, not JSONPath`,
  emptySort: is.invalidQuery`sort takes attribute names such as -billDate,billNo`,
  tooManySortKeys: is.invalidQuery`sort takes ${8} attributes at most`,
  severalValuesInSort: is.invalidQuery`sort cannot use ${'taxItem.taxRate'}: it may have several values; name another`,
  notACondition: is.invalidQuery`"${'billNo'}" is no condition; write attribute=value or attribute.gt=value`,
  tooManyValues: is.invalidQuery`One attribute may be compared with ${500} values at most`,
  wrongOperator: is.invalidQuery`${'amountDue.value'} cannot be compared with ${'regex'}; it takes
    ${['eq', 'ne', 'gt']}`,
  oneValueOnly: is.invalidQuery`${'billDate'}.${'gt'} takes one value`,
  wrongValue: is.invalidQuery`${'amountDue.value'} must be ${'a decimal number'}`,
  unknownAttribute: is.invalidQuery`${'CustomerBill'} has no attribute ${'stat'}${' (did you mean state?)'}`,
  noMembers: is.invalidQuery`${'billNo'} has neither attributes nor an operator ${'size'}; it takes ${['eq', 'ne']}`,
  notAValue: is.invalidQuery`${'amountDue'} is an object; name one of ${['amountDue.unit', 'amountDue.value']}`,
  notObjects: is.invalidQuery`${'relatedParty.name'} holds plain values; [?()] needs objects`,
  notAList: is.invalidQuery`${'amountDue'} is no list; $.list[?()] needs one`,
  tooManyPatterns: is.invalidQuery`regex and =~ may be used ${8} times at most in one query`,
  regex: is.invalidQuery`The regular expression is not accepted: ${'at position 3, a closing ) is missing'}. Allowed are
    characters, . ^ $ |, groups ( ) and (?: ), classes like [a-z] and [^0-9], the quantifiers * + ? {m} {m,} {m,n} and
    their lazy forms, and the escapes \\d \\w \\s \\D \\W \\S \\t \\n \\r and \\ before punctuation`,
  tooManyFilters: is.invalidQuery`filter may be given ${10} times at most`,
  filterTooLong: is.invalidQuery`The filter may have ${2048} characters at most`,
  filterTooDeep: is.invalidQuery`The filter may be nested ${32} levels deep at most`,
  filterNotText: is.invalidQuery`The filter must not hold NUL or half of a surrogate pair`,
  filterUnreadable: is.invalidQuery`The filter cannot be read: at position ${3} ${'it has ]'} instead of ${'a name'}`,
  filterUnsupported: is.notImplemented`The filter uses ${'..'}, which is not supported. Supported are $[?( )] and
    $.list[?( )]; in them paths like @.name and @['@type'], nested @.list[?( )], == != > >= < <= =~ between a path and a
    value, @.list.length(), ! && || and parentheses`,
  onlyAtomic: is.invalidQuery`Only atomic is allowed where many are created`,
  wrongAtomic: is.invalidQuery`atomic must be true or false, once`,
  invalid: is.invalidQuery`${'offset must be a whole number; limit must be a whole number'}`,
  tooManyMovements: is.invalidQuery`A statement may have ${10_000} movements at most; ask for a shorter period`,
  tooSlow: is.invalidQuery`The query took too long; filter on one of ${['id', 'billDate']} as well`
})
