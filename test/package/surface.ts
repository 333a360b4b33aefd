/** The public surface, found by looking: what the entries export, and the methods of Tensor and of what they export. */

const isClass = (v: unknown): v is abstract new (...args: never[]) => object =>
  typeof v === 'function' && /^class\b/.test(Function.prototype.toString.call(v));

/** The public names of a class: its methods and accessors, its base classes' left out. */
function members(type: { readonly prototype: object }): string[] {
  return Object.getOwnPropertyNames(type.prototype).filter(name => name !== 'constructor');
}

/** Every name, `nn.Linear` and `nn.Linear#forward`, in the order of the alphabet. */
export function namesOf(entry: object, prefix = ''): string[] {
  return Object.entries(entry)
    .flatMap(([name, v]) => {
      const path = `${prefix}${name}`;
      if (isClass(v)) return [path, ...members(v).map(m => `${path}#${m}`)];
      return typeof v === 'object' && v !== null ? namesOf(v, `${path}.`) : [path];
    })
    .sort();
}
