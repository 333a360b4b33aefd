/**
 * phyllo/kinds: what arguments may be, and errors that say what was expected, what came and where. For packages on top of
 * phyllo, which check what they take as it does.
 */
export {
  aBoolean,
  aFunction,
  aNumber,
  anyNumber,
  aText,
  check,
  checkCount,
  either,
  instanceOf,
  kind,
  listOf,
  oneOf,
  optional,
  options,
  orNull,
  recordOf,
  requires,
  wholeNumber,
  type Keys,
  type Kind,
} from '../core/kinds';
export { display } from '../core/display';
export { checkArguments, type Signature } from '../core/signature';
export { aTensor } from '../core/tensor-kinds';
