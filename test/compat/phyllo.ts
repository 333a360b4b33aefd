/** What phyllo exports, read from its types: of each function and class the names of its parameters and options. */
import { join } from 'node:path';
import ts from 'typescript';

/** Public names, and of each all that one can name in a call of it. */
export type Names = ReadonlyMap<string, ReadonlySet<string>>;
export interface Surface {
  /** By package: `phyllo` or `phyllo/nn`. */
  readonly exports: ReadonlyMap<string, Names>;
  /** Members of tensors. */
  readonly tensor: Names;
  /** Static members, methods and getters of modules. */
  readonly module: Names;
}

export function surfaceOf(root: string, packages: readonly string[]): Surface {
  const config = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root);
  const entries = packages.map(name => [name, join(root, 'ts', name.replace(/^phyllo\/?/, ''), 'index.ts')] as const);
  const program = ts.createProgram(
    entries.map(([, file]) => file),
    options,
  );
  const checker = program.getTypeChecker();

  const isTuple = (type: ts.Type): type is ts.TupleTypeReference => checker.isTupleType(type);
  /** Names of the fields of plain objects, also of those in tuples: `(...rest: [shape, options])`. */
  const fieldsOf = (type: ts.Type): string[] => {
    if (type.isUnion()) return type.types.flatMap(fieldsOf);
    if (isTuple(type)) {
      const names = (type.target.labeledElementDeclarations ?? []).flatMap(label =>
        label ? [label.name.getText()] : [],
      );
      return [...names, ...checker.getTypeArguments(type).flatMap(fieldsOf)];
    }
    const plain = (type.flags & ts.TypeFlags.Object) !== 0 || type.isIntersection();
    if (
      !plain ||
      type.symbol?.name === 'Tensor' ||
      checker.isArrayLikeType(type) ||
      type.getCallSignatures().length > 0
    )
      return [];
    return type.getProperties().map(p => p.name);
  };
  const namesOf = (symbol: ts.Symbol, at: ts.Node): ReadonlySet<string> => {
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    const type = checker.getTypeOfSymbolAtLocation(target, at);
    const parameters = [...type.getCallSignatures(), ...type.getConstructSignatures()].flatMap(s => s.parameters);
    return new Set(parameters.flatMap(p => [p.name, ...fieldsOf(checker.getTypeOfSymbolAtLocation(p, at))]));
  };
  const membersOf = (type: ts.Type, at: ts.Node): Names =>
    new Map(type.getProperties().map(p => [p.name, namesOf(p, at)] as const));

  const exports = new Map<string, Names>();
  let tensor: Names = new Map();
  let module: Names = new Map();
  for (const [name, file] of entries) {
    const source = program.getSourceFile(file);
    const symbol = source && checker.getSymbolAtLocation(source);
    if (!source || !symbol) throw new Error(`${name} has no entry at ${file}`);
    const all = checker.getExportsOfModule(symbol);
    const names = new Map(all.map(s => [s.name, namesOf(s, source)] as const));
    for (const s of all) {
      const target = s.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(s) : s;
      if (!(target.flags & ts.SymbolFlags.ValueModule)) continue;
      for (const inner of checker.getExportsOfModule(target))
        names.set(`${s.name}.${inner.name}`, namesOf(inner, source));
    }
    exports.set(name, names);
    for (const s of all) {
      if (s.name !== 'Tensor' && s.name !== 'Module') continue;
      const target = s.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(s) : s;
      const members = membersOf(checker.getDeclaredTypeOfSymbol(target), source);
      if (s.name === 'Tensor') tensor = members;
      else module = members;
    }
  }
  return { exports, tensor, module };
}
