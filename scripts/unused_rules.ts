import { crossing, isOutside, type Rules } from "./layers.ts";
import type { Import, ImportKind } from "./module_graph.ts";

/** The kinds of imports for which each list of a layer is there. */
const NEEDED_BY: Readonly<Record<"imports" | "lazily" | "types", readonly ImportKind[]>> = {
  imports: ["static", "worker"],
  lazily: ["dynamic", "later"],
  types: ["type"],
};

/** One line for each permission that no import needs any more; none when all are in use. */
export function unusedRules(imports: readonly Import[], rules: Rules): string[] {
  const inside = imports.filter(({ from, to }) => !isOutside(from) && !to.includes(":"));
  const used = new Set<string>();
  for (const edge of inside) {
    const { source, target } = crossing(edge, rules);
    used.add(`${source} ${edge.kind} ${target}`);
  }
  const unused: string[] = [];
  for (const [source, layer] of Object.entries(rules.layers)) {
    for (const list of ["imports", "lazily", "types"] as const) {
      for (const target of layer[list] ?? []) {
        if (NEEDED_BY[list].some((kind) => used.has(`${source} ${kind} ${target}`))) continue;
        unused.push(`No module of ${source} needs ${target} in the table's '${list}'`);
      }
    }
  }
  for (const exception of rules.exceptions) {
    if (inside.some(({ from, to }) => exception === `${from} -> ${to}`)) continue;
    unused.push(`Nothing needs the exception ${exception}`);
  }
  for (const contract of rules.contracts) {
    const isNeeded = inside.some((edge) => {
      const { source, target, isWithin } = crossing(edge, rules);
      return source !== target && !isWithin && contract.test(edge.to);
    });
    if (!isNeeded) unused.push(`Nothing needs the contract ${contract}`);
  }
  for (const [name, module] of Object.entries(rules.wrapped)) {
    if (imports.some(({ from, to }) => from === module && to === name)) continue;
    unused.push(`${module} does not import ${name}, which it wraps`);
  }
  return unused;
}
